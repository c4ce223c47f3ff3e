// How the screen comes in: by a key in its address, or by a code that an operator types (or scans) in the admin.
import { BackOff, Refused, call, sleep } from "./protocol.js";
import { element } from "./stage.js";
import * as store from "./store.js";

const ASK_AGAIN_S = 30;

/** Who this is: {mobile_id, token?, device?}. The id is made once, or given in the address as ?id=. */
export async function whoAmI() {
  const asked = new URLSearchParams(location.search).get("id");
  const identity = (await store.get("identity")) ?? { mobile_id: `web-${crypto.randomUUID().slice(-12)}` };
  if (asked && !identity.token) identity.mobile_id = asked.slice(0, 255);
  await store.put("identity", identity);
  return identity;
}

/** The screen's own pixels, such as 1920x1080. */
export function screenSize() {
  return [screen.width, screen.height].map((side) => Math.round(side * devicePixelRatio)).join("x");
}

/** Ask until the server lets this device in, by its key or once an operator knows its code; returns the identity with
 *  its token. */
export async function enrol(identity, welcome, version) {
  const enrolment_key = new URLSearchParams(location.search).get("key") ?? undefined;
  const details = { mobile_id: identity.mobile_id, app_version: version, screen: screenSize(), enrolment_key };
  const backOff = new BackOff();
  let pairing = null; // what is waited for an operator with
  for (;;) {
    try {
      const claim = pairing && { claim_token: pairing.claim_token };
      const answer = await (claim ? call("claim", { body: claim }) : call("enrol", { body: details }));
      if (answer.token) {
        await store.put("identity", Object.assign(identity, { token: answer.token, device: answer.device }));
        history.replaceState(null, "", location.pathname); // the key is no business of whoever looks at the screen
        return identity;
      }
      if (answer.pairing_code) {
        pairing = answer;
        welcome.showCode(pairing.pairing_code);
      }
      backOff.failures = 0;
      await sleep(pairing.poll_after_s);
    } catch (error) {
      const refused = error instanceof Refused;
      if (!pairing) {
        const known = `The server knows this screen as ${identity.mobile_id}. In the admin: “Allow re-pairing”.`;
        welcome.say(!refused ? "Waiting for the server." : error.status === 409 ? known : error.message);
      }
      if (!refused || !pairing) await sleep(refused ? ASK_AGAIN_S * (0.8 + Math.random() * 0.4) : backOff.next(error));
      if (refused) pairing = null; // the code ran out: a new one
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
    const how = paragraph("words", `Scan, or type the code under Pairing at ${location.host}/admin`);
    const words = element("div", {}, paragraph("words", "Pair this screen"), paragraph("code", code), how);
    this.root.replaceChildren(paragraph("brand", "DGX"), element("div", { className: "pair" }, picture, words));
  }
}
