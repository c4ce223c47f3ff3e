// How the screen comes in: by a key in its address, or by a code that an operator types (or scans) in the admin.

import { BackOff, Refused, call } from "./protocol.js";
import { randomName } from "./reports.js";
import { element } from "./stage.js";
import * as store from "./store.js";

const ASK_AGAIN_S = 30;
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Who this is: {mobile_id, token?, device?}. The id is made once, or given in the address as ?id=. */
export async function whoAmI() {
  const asked = new URLSearchParams(location.search).get("id");
  const identity = (await store.get("identity")) ?? { mobile_id: asked || `web-${randomName(12)}` };
  if (asked && !identity.token) identity.mobile_id = asked.slice(0, 255);
  await store.put("identity", identity);
  return identity;
}

/** Ask until the server lets this device in; returns the identity with its token. */
export async function enrol(identity, screenWords, version) {
  const key = new URLSearchParams(location.search).get("key");
  const details = { mobile_id: identity.mobile_id, app_version: version };
  details.screen = `${Math.round(screen.width * devicePixelRatio)}x${Math.round(screen.height * devicePixelRatio)}`;
  const backOff = new BackOff();
  for (;;) {
    try {
      const answer = await call("enrol", { body: key ? { ...details, enrolment_key: key } : details });
      const enrolled = answer.token ? answer : await waitForOperator(answer, screenWords);
      if (!enrolled) continue; // the code ran out: a new one
      identity = { ...identity, token: enrolled.token, device: enrolled.device };
      await store.put("identity", identity);
      history.replaceState(null, "", location.pathname); // the key is no business of whoever looks at the screen
      return identity;
    } catch (error) {
      const known = error instanceof Refused && error.status === 409;
      screenWords.say(known ? `The server knows this screen as ${identity.mobile_id}. Allow its re-pairing in the admin.` : trouble(error));
      await sleep(error instanceof Refused ? ASK_AGAIN_S * (0.8 + Math.random() * 0.4) : backOff.next(error));
    }
  }
}

const trouble = (error) => (error instanceof Refused ? error.message : "Waiting for the server.");

/** Show the code and claim until an operator decides. Null: it ran out or was refused. */
async function waitForOperator({ pairing_code, claim_token, poll_after_s }, screenWords) {
  const backOff = new BackOff();
  screenWords.showCode(pairing_code);
  for (;;) {
    await sleep(poll_after_s);
    try {
      const answer = await call("claim", { body: { claim_token } });
      backOff.reset();
      if (answer.token) return answer;
    } catch (error) {
      if (error instanceof Refused) return null;
      await sleep(backOff.next(error));
    }
  }
}

/** The pairing screen's words. */
export class Welcome {
  constructor(root) {
    this.root = root;
  }

  /** A calm picture with the brand alone: there is nothing to show just now. */
  rest() {
    this.root.replaceChildren(element("p", { className: "brand", textContent: "DGX" }));
  }

  /** Something that an operator has to know. */
  say(words) {
    this.root.replaceChildren(
      element("p", { className: "brand", textContent: "DGX" }),
      element("p", { className: "words", textContent: words }),
    );
  }

  /** The code, large, and as a QR code that opens the admin's pairing page. */
  showCode(code) {
    const picture = element("img", { className: "qr", src: `/player/qr.svg?code=${code}`, alt: "" });
    picture.onerror = () => picture.remove();
    this.root.replaceChildren(
      element("p", { className: "brand", textContent: "DGX" }),
      element("div", { className: "pair" }, picture, element("div", {},
        element("p", { className: "words", textContent: "Pair this screen" }),
        element("p", { className: "code", id: "pairing-code", textContent: code }),
        element("p", { className: "words", textContent: "Scan, or type the code in the admin under Pairing." }),
      )),
    );
  }
}
