import { BigNumber } from "bignumber.js";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

const Money = BigNumber.clone({ DECIMAL_PLACES: 2, ROUNDING_MODE: BigNumber.ROUND_HALF_EVEN });

export default async function main() {
  const Local = BigNumber.clone({ DECIMAL_PLACES: 5 });
  const price = new Money("19.99");
  const third = new Local(1).div(3);
  await ask("numbers and their constructors are held");
  log(
    price.times(3).toFixed(),
    third.toString(),
    new Local(2).div(3).toString(),
    price instanceof BigNumber,
    BigNumber.isBigNumber(third),
  );
  const total = [price, price.plus(0.01), new Money("1e3")].reduce((a, b) => a.plus(b));
  await ask();
  log(
    total.toFormat(),
    total.comparedTo(price),
    new BigNumber(2).pow(200).toFixed(),
    new BigNumber(Number.NaN).isNaN(),
  );
  Local.config({ DECIMAL_PLACES: 7 });
  await ask("a changed configuration is held");
  log(new Local(2).div(3).toString(), new BigNumber(2).div(3).decimalPlaces(4).toString(), JSON.stringify({ total }));
}
