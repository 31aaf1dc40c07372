import {
  addBusinessDays,
  addMonths,
  differenceInCalendarDays,
  eachDayOfInterval,
  format,
  formatDistance,
  interval,
  intervalToDuration,
  isWithinInterval,
  parseISO,
  set,
  startOfWeek,
} from "date-fns";
import * as fp from "date-fns/fp";
import { de } from "date-fns/locale";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

export default async function main() {
  const start = parseISO("2024-01-31T10:00:00Z");
  const due = addMonths(start, 1);
  const span = interval(start, due);
  await ask("dates are held");
  log(due.toISOString(), differenceInCalendarDays(due, start), isWithinInterval(addBusinessDays(start, 5), span));
  const days = eachDayOfInterval(span).filter((d) => d.getUTCDay() === 1);
  const toText = fp.format("yyyy-MM-dd");
  const nextWeek = fp.flow ? undefined : fp.addDays(7);
  await ask("curried functions are held");
  log(days.map(toText), toText(nextWeek?.(start) ?? start));
  log(format(due, "EEEE, d. MMMM yyyy", { locale: de }), formatDistance(due, start, { locale: de }));
  const locale = de;
  const invalid = parseISO("nonsense");
  await ask("a locale is held");
  log(
    format(startOfWeek(due, { locale }), "PPPP", { locale }),
    intervalToDuration(span),
    Number.isNaN(invalid.getTime()),
  );
  log(set(due, { hours: 3 }).getHours(), due instanceof Date);
}
