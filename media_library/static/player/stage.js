// The screen: a scene is made ready behind the one that plays, and takes its place without a gap.
import { openPdf } from "./pdf.js";

const READY_WITHIN_MS = 15_000;
const STALLED_AFTER_MS = 10_000;
const LEAST_SECONDS = 1;
const LEAST_SECONDS_A_PAGE = 3;

/** One item on its way to the screen, on it, or off it. `over` resolves when its time is up, rejects when it breaks. */
class Scene {
  constructor(item, layer) {
    this.item = item;
    this.layer = layer;
    this.over = new Promise((resolve, reject) => Object.assign(this, { end: () => resolve(), fail: reject }));
    this.over.catch(() => {}); // whoever waits is told; a scene that was dropped tells nobody
    this.over.finally(() => (this.isOver = true)).catch(() => {});
  }

  /** Seconds that it is shown; null: until it ends by itself. */
  seconds = LEAST_SECONDS;
  start() {}
  free() {}
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
    const frame = element("div", { className: "frame" });
    Object.assign(frame.dataset, { rotation: item.rotation, fit: item.fit_mode });
    layer.append(frame);
    this.#root.append(layer);
    const scene = new Scene(item, layer);
    scene.seconds = Math.max(LEAST_SECONDS, item.display_duration);
    try {
      await inTime(makers[item.type](scene, frame, file), READY_WITHIN_MS);
      return scene;
    } catch (error) {
      this.drop(scene);
      throw error;
    }
  }

  /** Bring a prepared scene to the front; the one before goes once the new one is painted. */
  async show(scene) {
    const before = this.current;
    this.current = scene;
    scene.layer.style.zIndex = ++this.#height; // not moved in the document: a frame that moves loads again
    this.#root.classList.remove("idle");
    if (scene.seconds !== null) scene.timer = setTimeout(scene.end, scene.seconds * 1000);
    await scene.start();
    setTimeout(() => before && this.drop(before), 200);
  }

  /** Take everything away. */
  clear() {
    if (this.current) this.drop(this.current);
    this.current = null;
    this.#root.classList.add("idle");
  }

  /** Let go of a scene and of all it holds. */
  drop(scene) {
    clearTimeout(scene.timer);
    scene.end();
    scene.free();
    scene.layer.remove();
  }
}

const makers = {
  async image(scene, frame, file) {
    const image = element("img", { src: address(scene, file), alt: "" });
    frame.append(image);
    await image.decode();
  },

  async video(scene, frame, file) {
    const video = element("video", { muted: true, playsInline: true, preload: "auto", disableRemotePlayback: true });
    const source = address(scene, file);
    const free = scene.free;
    let watch;
    scene.seconds = null;
    scene.free = () => {
      clearInterval(watch);
      video.removeAttribute("src");
      video.load(); // gives the decoder back now, not when the garbage is collected
      free();
    };
    const broken = () => new Error(video.error?.message || "the video cannot be played");
    frame.append(video);
    await new Promise((resolve, reject) => {
      video.oncanplay = resolve;
      video.onerror = () => (reject(broken()), scene.fail(broken()));
      video.src = source;
    });
    video.onended = scene.end;
    scene.start = async () => {
      watch = watchProgress(video, () => scene.fail(new Error("the video stood still")));
      await video.play().catch((error) => scene.fail(error));
    };
  },

  async pdf(scene, frame, file) {
    const pdf = await openPdf(new Uint8Array(await file.arrayBuffer()));
    if (scene.isOver) return pdf.close(); // too late: it was dropped
    let turner;
    scene.free = () => (clearInterval(turner), pdf.close());
    const draw = (number) => pdf.draw(number, scene.item.fit_mode, { width: frame.offsetWidth, height: frame.offsetHeight });
    const eachS = Math.max(scene.seconds / pdf.pages, Math.min(scene.seconds, LEAST_SECONDS_A_PAGE));
    scene.seconds = eachS * pdf.pages;
    frame.append(await draw(1));
    scene.start = () => {
      let page = 1;
      turner = setInterval(async () => {
        if (page >= pdf.pages) return clearInterval(turner);
        try {
          frame.replaceChildren(await draw(++page));
        } catch (error) {
          if (!scene.isOver) scene.fail(error);
        }
      }, eachS * 1000);
    };
  },

  /** A page runs nothing (the server takes none with scripts) and sees nothing of ours: its origin is no one's. */
  async html(scene, frame, file) {
    const page = element("iframe", { srcdoc: await file.text(), title: "" });
    page.setAttribute("sandbox", "");
    const loaded = new Promise((resolve) => (page.onload = resolve));
    frame.append(page);
    await loaded;
  },
};

/** Where an element loads the file from; one that lies elsewhere (the admin's preview) names its `address`. */
function address(scene, file) {
  if (!(file instanceof Blob)) return file.address;
  const url = URL.createObjectURL(file);
  scene.free = () => URL.revokeObjectURL(url);
  return url;
}

/** Calls `stalled` when a playing video has not moved for a while. Returns the timer. */
function watchProgress(video, stalled) {
  let last = -1, since = performance.now();
  return setInterval(() => {
    if (video.currentTime !== last) [last, since] = [video.currentTime, performance.now()];
    else if (performance.now() - since > STALLED_AFTER_MS) stalled();
  }, 1000);
}

function inTime(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("not ready in time")), ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** An element with properties. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
