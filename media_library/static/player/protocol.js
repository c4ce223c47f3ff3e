// The four calls of the device protocol, how they fail, and how long to wait then.
const ROOT = "/api/v1/device/";
const TIMEOUT_MS = 20_000;
const LONGEST_S = 7 * 86_400; // timers reach 24 days: beyond, they do not wait at all
const LOST_TOKEN = ["token_unknown", "token_revoked", "token_expired", "device_retired"];

/** The server's clock: the device's own plus what the last answer showed it to be off by. */
export const clock = {
  skew: 0,
  now: () => Date.now() + clock.skew,
  iso: () => new Date(clock.now()).toISOString(),
};

/** The server understood and said no. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail.message);
    this.status = status;
    this.fields = Object.keys(detail.fields ?? {}); // what in the request was wrong
    this.lostToken = status === 401 && LOST_TOKEN.includes(detail.code); // it opens nothing any more
  }
}

/** Call enrol, claim or poll with a body, or manifest without; returns the answer. Throws Refused, or an error with
 *  `waitS`: the call did not come through; try again, not before so many seconds. */
export async function call(name, { body, token } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Device ${token}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal };
  const response = await fetch(ROOT + name, { ...request, cache: "no-store", credentials: "omit" });
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  const { status } = response;
  if (status < 500 && status !== 429 && answer?.detail?.code) throw new Refused(status, answer.detail);
  const waitS = seconds(response.headers.get("Retry-After"), 0);
  throw Object.assign(new Error(`${name}: the server said ${status}`), { waitS });
}

/** What was said as a number of seconds that can be waited; `otherwise` where it was nothing, or nonsense. */
export const seconds = (said, otherwise) => (said > 0 ? Math.min(said, LONGEST_S) : otherwise);
export const sleep = (howLong) => new Promise((resolve) => setTimeout(resolve, seconds(howLong, 1) * 1000));

/** Waits twice as long after each failure in a row, a minute at most, and never in step with other devices. */
export class BackOff {
  failures = 0;

  /** Seconds to wait after one more failure. */
  next(error) {
    const wait = Math.min(60, 2 ** Math.min(this.failures++, 10)) * (0.5 + Math.random() / 2);
    return (error?.waitS ?? 0) + wait;
  }
}

export const LATE = Symbol("late");

/** Something that one can wait for, again and again. */
export class Bell {
  ring = () => {};

  /** Wait until it rings, but no longer than so many seconds; then resolves with LATE. */
  wait(howLong) {
    return new Promise((resolve) => {
      this.ring = resolve;
      setTimeout(resolve, seconds(howLong, 1) * 1000, LATE);
    });
  }
}
