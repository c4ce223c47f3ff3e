// A screen within a frame: it plays one file by the player's own stage, turned and fitted as the page around it says.
import { Stage } from "../../player/stage.js";

/** A file that lies in the store: pictures and videos are streamed, pages and PDF are fetched once. */
class Stored {
  #bytes;

  constructor(address) {
    this.address = address;
  }

  #fetch() {
    this.#bytes ??= fetch(this.address).then((answer) => answer.blob());
    return this.#bytes;
  }

  async arrayBuffer() {
    return (await this.#fetch()).arrayBuffer();
  }

  async text() {
    return (await this.#fetch()).text();
  }
}

// The player's stage makes an address of the file that it holds; this file has one.
const makeAddress = URL.createObjectURL.bind(URL);
URL.createObjectURL = (held) => (held instanceof Stored ? held.address : makeAddress(held));

const given = JSON.parse(document.getElementById("item").textContent);
const file = new Stored(given.address);
const root = document.getElementById("stage");
const stage = new Stage(root);
let item = given.item;
let round = 0;

addEventListener("message", (event) => {
  if (event.origin !== location.origin || event.source !== parent) return;
  const { rotation, fit_mode } = event.data;
  if (rotation === item.rotation && fit_mode === item.fit_mode) return;
  item = { ...item, rotation, fit_mode };
  play();
});
play();

/** Show it as `item` says now, again and again; what stands still needs no second round. */
async function play() {
  const mine = ++round;
  try {
    while (mine === round) {
      const scene = await stage.prepare(item, file);
      if (mine !== round) return stage.drop(scene);
      await stage.show(scene);
      root.dataset.shown = item.type;
      if (["image", "html"].includes(item.type)) return clearTimeout(scene.timer);
      await scene.over;
    }
  } catch (error) {
    document.getElementById("broken").textContent = `It cannot be shown here: ${error.message}.`;
  }
}
