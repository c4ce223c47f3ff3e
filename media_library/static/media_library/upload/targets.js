// “Put them on…”: the files that have arrived, in the order of the list, on a group, a shop or a device.
import { call } from "./api.js";

const TYPED_MS = 200;

/** `videos()` gives what has arrived, in order. */
export function offerTargets(form, config, videos) {
  const [kind, search, options, button, said] = ["kind", "search", "options", "put", "said"].map((part) =>
    form.querySelector(`[data-part=${part}]`),
  );
  let found = new Map();
  let typing;

  const look = async () => {
    const { address, label } = config.targets[kind.value];
    const answer = await call("GET", `${address}?limit=20&search=${encodeURIComponent(search.value)}`).catch(() => ({ results: [] }));
    found = new Map(answer.results.map((row) => [row[label] || row.id, row.id]));
    options.replaceChildren(...[...found.keys()].map((text) => Object.assign(document.createElement("option"), { value: text })));
    refresh();
  };
  const refresh = () => {
    const count = videos().length;
    form.hidden = count === 0;
    button.disabled = !found.has(search.value);
    form.querySelector("[data-part=count]").textContent = count === 1 ? "the file" : `the ${count} files, in this order,`;
  };

  kind.addEventListener("change", () => ((search.value = ""), look()));
  search.addEventListener("input", () => {
    refresh();
    clearTimeout(typing);
    typing = setTimeout(look, TYPED_MS);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const target = found.get(search.value);
    button.disabled = true;
    try {
      const links = videos().map((video) => ({ video: video.id, [kind.value]: target }));
      await call("POST", config.links, { links });
      said.textContent = `Done: ${links.length} on ${search.value}.`;
      said.className = "dgx-banner dgx-banner--info";
    } catch (error) {
      said.textContent = error.message;
      said.className = "dgx-banner dgx-banner--bad";
    }
    refresh();
  });
  look();
  return { refresh };
}
