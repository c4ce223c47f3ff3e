// What an operator in front of the screen wants to know: `i`, Info (of a remote), or a long touch shows and hides it.
import { clock } from "./protocol.js";

const LONG_TOUCH_MS = 1500;
const OPEN_FOR_MS = 120_000;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const time = (ms) => (ms ? new Date(ms).toLocaleTimeString() : "not yet");

export class Overlay {
  #timer;

  constructor(root, facts) {
    Object.assign(this, { root, facts });
    addEventListener("keydown", (event) => /^(i|info)$/i.test(event.key) && this.toggle());
    let touch;
    for (const any of ["pointerdown", "pointerup", "pointercancel"]) addEventListener(any, () => clearTimeout(touch));
    addEventListener("pointerdown", () => (touch = setTimeout(() => this.toggle(), LONG_TOUCH_MS)));
    addEventListener("contextmenu", (event) => event.preventDefault());
  }

  toggle() {
    this.root.hidden = !this.root.hidden;
    clearInterval(this.#timer);
    if (this.root.hidden) return;
    const closes = performance.now() + OPEN_FOR_MS; // a shopper may have leaned on the screen
    const draw = () => (performance.now() < closes ? this.#draw() : this.toggle());
    draw();
    this.#timer = setInterval(draw, 1000);
  }

  #draw() {
    const { identity, files, programme, outbox, stage, player, version } = this.facts();
    const { status } = player ?? {};
    const wanted = programme.wanted?.items ?? [];
    const here = wanted.filter((item) => files.held.has(item.sha256));
    const held = [...files.held.values()].reduce((sum, bytes) => sum + bytes, 0);
    const loading = files.current && [files.current.item.name, megabytes(files.current.at)];
    const facts = {
      Device: [identity.mobile_id, identity.device?.name, identity.device?.shop, identity.device?.group],
      Player: [version, `${innerWidth} × ${innerHeight}`],
      Server: [status ? status.trouble ?? "answers" : "not paired"],
      Reports: [`last ${time(status?.polled)}`, `next ${time(status?.next)}`, `${outbox.waiting} logs wait`],
      Clock: [clock.iso(), `${Math.round(clock.skew / 1000)} s off`, programme.wanted?.timezone],
      Screen: [stage.current?.item.name ?? "nothing", stage.current?.item.layer],
      Playlist: [`${programme.showing().length} of ${wanted.length} shown now`, programme.have ?? "incomplete"],
      Files: [`${here.length} of ${wanted.length} here`, megabytes(held)],
      Loading: loading ?? ["nothing"],
    };
    const lines = Object.entries(facts).map(([name, parts]) => name.padEnd(10) + parts.filter(Boolean).join(" · "));
    const errors = outbox.errors.map((entry) => `${entry.logged_at} ${entry.log_type}: ${entry.message}`);
    this.root.textContent = [...lines, "", ...errors].join("\n");
  }
}
