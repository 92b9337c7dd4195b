import { StowageError } from "@stowage/errors";

/** Reads decimal seconds, with a fraction and a sign or without, as nanoseconds; further digits are cut off. */
export function parsePaxTime(text: string): bigint {
  const { sign, seconds = "", fraction = "" } = decimal.exec(text)?.groups ?? {};
  if (seconds === "")
    throw new StowageError("invalid-argument", `Cannot read PAX time ${JSON.stringify(text.slice(0, 64))}`);
  const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return sign === "-" ? -nanoseconds : nanoseconds;
}

/** Writes nanoseconds so that they read back the same. */
export function formatPaxTime(time: bigint): string {
  const [sign, distance] = time < 0n ? ["-", -time] : ["", time];
  const fraction = (distance % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  const seconds = distance / 1_000_000_000n;
  return fraction === "" ? `${sign}${seconds}` : `${sign}${seconds}.${fraction}`;
}

/** At most as many digits as 64 bits have. */
const decimal = /^(?<sign>-?)(?<seconds>[0-9]{1,19})(?:\.(?<fraction>[0-9]*))?$/;
