/** What a server says that is no longer, or not, the one that writes our keys; 6.2 puts its own words before it. */
const ANOTHER = /(^|-)(READONLY|MOVED|LOADING|MASTERDOWN|CLUSTERDOWN) /;

/** Whether an error means that another server, or this one later, has to be asked. */
export function speaksForAnother({ message }: Error): boolean {
  return ANOTHER.test(message);
}

/** The address of the cluster's node that has our keys, when an error names it. */
export function movedTo(url: string, { message }: Error): string | undefined {
  const moved = /^MOVED \d+ (\S*):(\d+)$/.exec(message);
  if (!moved) return undefined;
  const address = new URL(url);
  const [, host, port] = moved;
  // without a host the cluster means: the one you asked
  if (host) address.hostname = host.includes(":") ? `[${host}]` : host;
  address.port = port!;
  return address.href;
}
