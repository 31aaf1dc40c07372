import {
  BehaviorSubject,
  concatMap,
  filter,
  from,
  lastValueFrom,
  map,
  mergeMap,
  Observable,
  of,
  ReplaySubject,
  reduce,
  Subject,
  scan,
  share,
  take,
  tap,
  toArray,
  withLatestFrom,
  zip,
} from "rxjs";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

export default async function main() {
  const subject = new Subject<number>();
  const state = new BehaviorSubject("idle");
  const replay = new ReplaySubject<number>(2);
  const seen: unknown[] = [];
  const subscription = subject
    .pipe(
      filter((n) => n % 2 === 0),
      scan((sum, n) => sum + n, 0),
      withLatestFrom(state),
      map(([n, s]) => `${s}:${n}`),
      tap((text) => seen.push(text)),
    )
    .subscribe({ complete: () => seen.push("done") });
  subject.subscribe(replay);
  subject.next(2);
  await ask("subjects and a subscription are held");
  state.next("busy");
  subject.next(3);
  subject.next(4);
  await ask();
  replay.pipe(take(2)).subscribe((n) => seen.push(["replayed", n]));
  subscription.unsubscribe();
  subject.next(6);
  log(seen, subscription.closed, state.value, subject.observed);
  const asked = from(["a", "b", "c"]).pipe(
    concatMap((name) => from(ask(name, `${name}!`))),
    reduce((all, one) => all + one, ""),
  );
  log(await lastValueFrom(asked));
  const cold = new Observable<number>((subscriber) => {
    seen.push("subscribed");
    subscriber.next(1);
    ask("later").then(() => {
      subscriber.next(2);
      subscriber.complete();
    });
    return () => seen.push("torn down");
  }).pipe(share());
  const [x, y] = await Promise.all([
    lastValueFrom(cold.pipe(toArray())),
    lastValueFrom(
      cold.pipe(
        map((n) => n * 10),
        toArray(),
      ),
    ),
  ]);
  log(x, y, seen.slice(-2));
  const both = zip(of(1, 2, 3), from(Promise.resolve("p"))).pipe(mergeMap(async ([n, p]) => `${n}${p}${await ask()}`));
  log(await lastValueFrom(both));
  const failing = new Subject<number>();
  const failed = lastValueFrom(failing);
  await ask("a promise of an observable is held");
  failing.error(new RangeError("off"));
  log(await failed.catch((error) => error));
  log(await lastValueFrom(of<number>().pipe(take(1))).catch((error) => error.name));
}
