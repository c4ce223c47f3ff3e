// Select2, which completes fields in the admin, gives the box that one types into no name, and puts it into a list that is
// none. The box gets the label of its field, and the list says that it is no list, so that screen readers read both.
const named = (box) => {
  const select = box.closest(".select2-container")?.previousElementSibling;
  const label = select?.id && document.querySelector(`label[for="${select.id}"]`);
  box.setAttribute("aria-label", label?.textContent?.replace("*", "").trim() || "Search");
};

new MutationObserver(() => {
  document.querySelectorAll(".select2-search__field:not([aria-label])").forEach(named);
  for (const list of document.querySelectorAll("ul.select2-selection__rendered:not([role])")) list.role = "presentation";
}).observe(document.documentElement, { childList: true, subtree: true });
