// When an item is shown: between two instants, on some weekdays, between two times of day on the shop's clock.
const clocks = new Map();

/** The calendar day (counted from 1970) and the time of day that a clock of that timezone shows at an instant. */
function wallClock(at, timeZone) {
  const swedish = { timeZone, dateStyle: "short", timeStyle: "medium" }; // they write 2026-03-29 02:00:00
  if (!clocks.has(timeZone)) clocks.set(timeZone, new Intl.DateTimeFormat("sv-SE", swedish));
  const [day, time] = clocks.get(timeZone).format(at).split(" ");
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
