// The preview on a file's page: two screens whose frames are as large as real ones, drawn small, and told of every change
// of rotation and fit in the form below.
const screens = [...document.querySelectorAll("[data-screen]")];
const field = (name) => document.querySelector(`#id_${name}`);

for (const screen of screens) {
  const frame = screen.querySelector("iframe");
  new ResizeObserver(([entry]) => (frame.style.transform = `scale(${entry.contentRect.width / screen.dataset.width})`)).observe(screen);
  frame.addEventListener("load", tell);
}
for (const name of ["rotation", "fit_mode"]) field(name)?.addEventListener("change", tell);

function tell() {
  const [rotation, fit] = [field("rotation"), field("fit_mode")];
  if (!rotation || !fit) return; // whoever may only look has no form
  for (const screen of screens) {
    const said = { rotation: Number(rotation.value), fit_mode: fit.value };
    screen.querySelector("iframe").contentWindow.postMessage(said, location.origin);
  }
}
