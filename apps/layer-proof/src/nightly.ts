/** Whether there is a whole night: everything is tried then, and a fair sample of it otherwise. */
export const isNightly: boolean = process.env["STOWAGE_TEST_NIGHTLY"] === "1";
