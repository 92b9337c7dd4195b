/** What the kubelet's client takes and sends at most, both ways. */
export const maxMessageBytes: number = 16 * 1024 * 1024;
