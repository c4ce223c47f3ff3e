// When an item is shown: between two instants, on some weekdays, between two times of day on the shop's clock.
const clocks = new Map();
const clockOf = (timeZone) => new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });

/** The calendar day (counted from 1970) and the time of day that a clock of that timezone shows at an instant. */
function wallClock(at, timeZone) {
  try {
    if (!clocks.has(timeZone)) clocks.set(timeZone, clockOf(timeZone));
  } catch {
    clocks.set(timeZone, clockOf()); // a zone younger than this browser: its own, since it stands in that shop
  }
  const [day, time] = clocks.get(timeZone).format(at).split(" "); // Swedes write 2026-03-29 02:00:00
  return { day: Date.parse(day) / 86_400_000, time };
}

/** Whether a manifest's window is open. The end is outside; what passes midnight belongs to the day it starts on. */
export function isOpen(window, at, timezone) {
  if (!window) return true;
  if (window.from && at < Date.parse(window.from)) return false;
  if (window.until && at >= Date.parse(window.until)) return false;
  let { day, time } = wallClock(at, timezone);
  const { start, end, days } = window;
  if (start && end) {
    const passesMidnight = end <= start;
    if (passesMidnight && time < end) day -= 1;
    else if (time < start || (!passesMidnight && time >= end)) return false;
  }
  return !days || days.includes(((day + 3) % 7) + 1); // 1970-01-01 was a Thursday, 1 is Monday
}
