// The screen: a scene is made ready behind the one that plays, and takes its place without a gap.
import { openPdf } from "./pdf.js";
import { sleep } from "./protocol.js";

const READY_WITHIN_S = 15;
const PAINTED_WITHIN_S = 0.5;
const PAGE_LOADED_WITHIN_S = 5;
const LEAST_SECONDS = 1;
const LEAST_SECONDS_A_PAGE = 3;
const NO_FOREIGN_FRAMES = "<style>iframe:not([srcdoc]) { visibility: hidden !important }</style>";

/** One item on its way to the screen, on it, or off it. `over` resolves when its time is up, rejects when it breaks. */
class Scene {
  constructor(item, layer) {
    this.item = item;
    this.layer = layer;
    this.over = new Promise((resolve, reject) => Object.assign(this, { end: () => resolve(), fail: reject }));
    this.over.catch(() => {}).then(() => (this.isOver = true)); // how it ended, only whoever waits is told
  }

  /** Seconds that it is shown; null: until it ends by itself. */
  seconds = LEAST_SECONDS;
  /** Begin, still out of sight; resolves once it was painted. */
  start = () => painted();
  /** Where it is; only a video can stand still. */
  progress = () => NaN;
  free = () => {};
}

export class Stage {
  current = null;
  #root;
  #height = 0;

  constructor(root) {
    this.#root = root;
  }

  /** Make a scene of an item, out of sight. Rejects when it cannot be decoded. */
  async prepare(item, file) {
    const layer = element("div", { className: "layer" });
    const frame = element("div", { className: item.rotation % 180 ? "frame on-its-side" : "frame" });
    frame.style.rotate = `${item.rotation}deg`;
    frame.style.setProperty("--fit", item.fit_mode);
    layer.append(frame);
    this.#root.append(layer);
    const scene = new Scene(item, layer);
    scene.seconds = Math.max(LEAST_SECONDS, item.display_duration);
    try {
      const late = sleep(READY_WITHIN_S).then(() => Promise.reject(new Error("not ready in time")));
      await Promise.race([makers[item.type](scene, frame, file), late]);
      return scene;
    } catch (error) {
      this.drop(scene);
      throw error;
    }
  }

  /** Bring a prepared scene to the front. It starts there next to transparent, since what is covered is not painted,
   *  and is seen once it was painted twice; the one before stays beneath until then, so nothing dark comes between. */
  async show(scene) {
    const before = this.current;
    scene.layer.style.zIndex = ++this.#height; // not moved in the document: a frame that moves loads again
    await scene.start();
    scene.layer.classList.add("seen");
    this.current = scene;
    if (scene.seconds !== null) scene.timer = setTimeout(scene.end, scene.seconds * 1000);
    await painted();
    if (before) this.drop(before);
  }

  /** Take everything away. */
  clear() {
    if (this.current) this.drop(this.current);
    this.current = null;
  }

  /** Let go of a scene and of all it holds. */
  drop(scene) {
    clearTimeout(scene.timer);
    scene.end();
    scene.free();
    URL.revokeObjectURL(scene.url);
    scene.layer.remove();
  }
}

const makers = {
  async image(scene, frame, file) {
    scene.url = URL.createObjectURL(file);
    const image = element("img", { src: scene.url, alt: "", decoding: "sync" });
    frame.append(image);
    await image.decode();
  },

  async video(scene, frame, file) {
    const video = element("video", { muted: true, playsInline: true, preload: "auto", disableRemotePlayback: true });
    scene.url = URL.createObjectURL(file);
    scene.seconds = null;
    scene.progress = () => video.currentTime;
    scene.free = () => {
      video.removeAttribute("src");
      video.load(); // gives the decoder back now, not when the garbage is collected
    };
    frame.append(video);
    video.onerror = () => scene.fail(new Error(video.error?.message || "the video cannot be played"));
    const ready = new Promise((resolve) => (video.oncanplay = resolve));
    video.src = scene.url;
    await Promise.race([ready, scene.over]);
    video.onended = scene.end;
    scene.start = async () => {
      const seen = painted((again) => video.requestVideoFrameCallback(again));
      await video.play().catch((error) => scene.fail(error));
      await seen;
    };
  },

  async pdf(scene, frame, file) {
    const pdf = await openPdf(new Uint8Array(await file.arrayBuffer()));
    if (scene.isOver) return pdf.close(); // too late: it was dropped
    let turner;
    scene.free = () => (clearInterval(turner), pdf.close());
    const size = { width: frame.offsetWidth, height: frame.offsetHeight };
    const draw = async (number) => frame.replaceChildren(await pdf.draw(number, scene.item.fit_mode, size));
    const eachS = Math.max(scene.seconds / pdf.pages, Math.min(scene.seconds, LEAST_SECONDS_A_PAGE));
    scene.seconds = eachS * pdf.pages;
    await draw(1);
    scene.start = () => {
      let page = 1;
      turner = setInterval(() => page < pdf.pages && draw(++page).catch(scene.fail), eachS * 1000);
      return painted();
    };
  },

  /** A page runs nothing (the server takes none with scripts) and sees nothing of ours: its origin is no one's. What it
   *  names elsewhere does not come; in place of a frame the browser would show words of its own. */
  async html(scene, frame, file) {
    const page = element("iframe", { srcdoc: (await file.text()) + NO_FOREIGN_FRAMES, title: "" });
    page.setAttribute("sandbox", "");
    const loaded = new Promise((resolve) => (page.onload = resolve));
    frame.append(page);
    await Promise.race([loaded, sleep(PAGE_LOADED_WITHIN_S)]); // without what hangs on a line that says nothing
  },
};

/** Resolves after two frames, of the page or of a video; where none is drawn, as in a hidden window, after a moment. */
function painted(nextFrame = requestAnimationFrame, frames = 2) {
  const drawn = new Promise((resolve) => {
    const next = () => (frames-- ? nextFrame(next) : resolve());
    next();
  });
  return Promise.race([drawn, sleep(PAINTED_WITHIN_S)]);
}

/** An element with properties. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
