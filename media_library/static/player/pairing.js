// How the screen comes in: by a key in its address, or by a code that an operator types (or scans) in the admin.
import { BackOff, Refused, call } from "./protocol.js";
import { element } from "./stage.js";
import * as store from "./store.js";

const ASK_AGAIN_S = 30;
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Who this is: {mobile_id, token?, device?}. The id is made once, or given in the address as ?id=. */
export async function whoAmI() {
  const asked = new URLSearchParams(location.search).get("id");
  const identity = (await store.get("identity")) ?? { mobile_id: asked || `web-${crypto.randomUUID().slice(-12)}` };
  if (asked && !identity.token) identity.mobile_id = asked.slice(0, 255);
  await store.put("identity", identity);
  return identity;
}

/** The screen's own pixels, such as 1920x1080. */
export const screenSize = () => [screen.width, screen.height].map((side) => Math.round(side * devicePixelRatio)).join("x");

/** Ask until the server lets this device in; returns the identity with its token. */
export async function enrol(identity, welcome, version) {
  const key = new URLSearchParams(location.search).get("key");
  const details = { mobile_id: identity.mobile_id, app_version: version, screen: screenSize() };
  const backOff = new BackOff();
  for (;;) {
    try {
      const answer = await call("enrol", { body: key ? { ...details, enrolment_key: key } : details });
      const enrolled = answer.token ? answer : await waitForOperator(answer, welcome);
      if (!enrolled) continue; // the code ran out: a new one
      identity = { ...identity, token: enrolled.token, device: enrolled.device };
      await store.put("identity", identity);
      history.replaceState(null, "", location.pathname); // the key is no business of whoever looks at the screen
      return identity;
    } catch (error) {
      const known = `The server knows this screen as ${identity.mobile_id}. Allow its re-pairing in the admin.`;
      const refused = error instanceof Refused;
      welcome.say(!refused ? "Waiting for the server." : error.status === 409 ? known : error.message);
      await sleep(refused ? ASK_AGAIN_S * (0.8 + Math.random() * 0.4) : backOff.next(error));
    }
  }
}

/** Show the code and claim until an operator decides. Null: it ran out or was refused. */
async function waitForOperator({ pairing_code, claim_token, poll_after_s }, welcome) {
  const backOff = new BackOff();
  welcome.showCode(pairing_code);
  for (;;) {
    await sleep(poll_after_s);
    try {
      const answer = await call("claim", { body: { claim_token } });
      backOff.failures = 0;
      if (answer.token) return answer;
    } catch (error) {
      if (error instanceof Refused) return null;
      await sleep(backOff.next(error));
    }
  }
}

const paragraph = (className, textContent) => element("p", { className, textContent });

/** What stands on the screen while nothing plays. */
export class Welcome {
  root = document.getElementById("welcome");

  /** A calm picture: the brand, and what an operator has to know. */
  say(words = "") {
    this.root.replaceChildren(paragraph("brand", "DGX"), paragraph("words", words));
  }

  /** The code, large, and as a QR code that opens the admin's pairing page. */
  showCode(code) {
    const picture = element("img", { className: "qr", src: `/player/qr.svg?code=${code}`, alt: "" });
    picture.onerror = () => picture.remove();
    const how = paragraph("words", "Scan, or type the code in the admin under Pairing.");
    const words = element("div", {}, paragraph("words", "Pair this screen"), paragraph("code", code), how);
    this.root.replaceChildren(paragraph("brand", "DGX"), element("div", { className: "pair" }, picture, words));
  }
}
