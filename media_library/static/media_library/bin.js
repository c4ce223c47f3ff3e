// The bin's page: one box ticks all of the page, and the buttons wait until something is ticked.
const form = document.getElementById("bin");
const all = form?.querySelector("[data-all]");

if (all) {
  const boxes = [...form.querySelectorAll("[name=video]")];
  const buttons = [...form.querySelectorAll('[value="restore"], [value="delete"]')];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
    for (const button of buttons) button.disabled = ticked === 0;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}
