// When an item is shown: from an instant until an instant, on some weekdays, between two times of day on the shop's clock.
const clocks = new Map();

/** The calendar day and the time of day that a clock of that timezone shows at an instant (milliseconds). */
function wallClock(at, timezone) {
  if (!clocks.has(timezone)) {
    const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };
    clocks.set(timezone, new Intl.DateTimeFormat("en-US", { timeZone: timezone, hourCycle: "h23", ...parts }));
  }
  const part = Object.fromEntries(clocks.get(timezone).formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: Date.UTC(part.year, part.month - 1, part.day) / 86_400_000,
    time: `${part.hour}:${part.minute}:${part.second}`,
  };
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
  return !days || days.includes(((((day + 3) % 7) + 7) % 7) + 1); // 1970-01-01 was a Thursday, 1 is Monday
}
