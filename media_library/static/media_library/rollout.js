// A part of the page that looks again by itself, less and less often, until it is complete.
const FIRST_MS = 5_000;
const LAST_MS = 60_000;

async function lookAgain(part, after) {
  if (part.querySelector("[data-complete]")) return;
  await new Promise((resolve) => setTimeout(resolve, after));
  if (!document.hidden && !part.querySelector("details:focus-within")) {
    const answer = await fetch(part.dataset.rollout, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.redirected || answer?.status === 403) return;
    if (answer?.ok) replace(part, await answer.text());
  }
  await lookAgain(part, Math.min(after * 1.5, LAST_MS));
}

/** The new state; what was folded open stays open. */
function replace(part, html) {
  const open = part.querySelector("details")?.open;
  part.innerHTML = html;
  const details = part.querySelector("details");
  if (details && open !== undefined) details.open = open;
}

for (const part of document.querySelectorAll("[data-rollout]")) lookAgain(part, FIRST_MS);
