// What an operator in front of the screen wants to know: `i`, or a long touch, shows and hides it.
import { clock } from "./protocol.js";
import { element } from "./stage.js";

const LONG_TOUCH_MS = 1500;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const time = (ms) => (ms ? new Date(ms).toLocaleTimeString() : "not yet");

export class Overlay {
  #timer;

  constructor(root, facts) {
    Object.assign(this, { root, facts });
    addEventListener("keydown", (event) => event.key === "i" && this.toggle());
    let touch;
    addEventListener("pointerdown", () => (touch = setTimeout(() => this.toggle(), LONG_TOUCH_MS)));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => clearTimeout(touch));
    addEventListener("contextmenu", (event) => event.preventDefault());
  }

  toggle() {
    this.root.hidden = !this.root.hidden;
    clearInterval(this.#timer);
    if (this.root.hidden) return;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), 1000);
  }

  #draw() {
    const { identity, files, programme, outbox, stage, player, version } = this.facts();
    const wanted = programme.wanted?.items ?? [];
    const loading = files.current;
    const rows = {
      Device: `${identity.mobile_id}${identity.device?.name ? ` · ${identity.device.name}` : ""}`,
      Place: [identity.device?.shop, identity.device?.group].filter(Boolean).join(" · ") || "none",
      Player: `${version} · ${innerWidth} × ${innerHeight}`,
      Server: player ? (player.status.trouble ?? "answers") : "not paired",
      "Last report": player ? `${time(player.status.polled)}, next ${time(player.status.next)}, ${outbox.waiting} logs wait` : "–",
      Clock: `${new Date(clock.now()).toISOString()} (${Math.round(clock.skew / 1000)} s off), ${programme.wanted?.timezone ?? "–"}`,
      "On screen": stage.current?.item.name ?? "nothing",
      Playlist: `${programme.showing().length} of ${programme.active?.items.length ?? 0} shown now · tag ${programme.have ?? "incomplete"}`,
      Files: `${wanted.filter((item) => files.has(item.sha256)).length} of ${wanted.length} here, ${megabytes([...files.held.values()].reduce((a, b) => a + b, 0))}`,
      Loading: loading ? `${loading.item.name}: ${megabytes(loading.at)} of ${megabytes(loading.item.size)}` : "nothing",
    };
    const list = Object.entries(rows).map(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]);
    const errors = outbox.errors.map((entry) => element("li", { textContent: `${entry.logged_at} ${entry.log_type}: ${entry.message}` }));
    this.root.replaceChildren(element("dl", {}, ...list.flat()), element("ol", {}, ...errors));
  }
}
