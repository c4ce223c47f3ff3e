// How long is left, second by second; at the end the page is loaded again.
const parts = [...document.querySelectorAll("[data-until]")].map((part) => ({ part, until: Date.parse(part.dataset.until) }));

function words(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours} h ${two(minutes)} min` : `${minutes}:${two(seconds % 60)} min`;
}

function tick() {
  for (const { part, until } of parts) {
    const left = Math.round((until - Date.now()) / 1000);
    if (left <= 0) return location.reload();
    part.textContent = `${words(left)} left`;
  }
  setTimeout(tick, 1000);
}

if (parts.length) tick();
