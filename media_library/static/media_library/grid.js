// The list of media as a grid of pictures or as a table, as this browser last had it.
const A_YEAR_S = 31_536_000;
const view = document.querySelector(".dgx-view");

for (const button of view.querySelectorAll("[data-to]")) {
  button.addEventListener("click", () => {
    view.dataset.view = button.dataset.to;
    for (const each of view.querySelectorAll("[data-to]")) each.ariaPressed = String(each === button);
    document.cookie = `dgx_media_view=${button.dataset.to}; path=/admin/media_library/; max-age=${A_YEAR_S}; samesite=lax`;
  });
}
