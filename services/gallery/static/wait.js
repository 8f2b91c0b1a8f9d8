// Something that the hub needs is away: look again until it is back, then load the page.

const PAUSE = 2000; // milliseconds

async function look() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer && answer.status !== 503) location.reload();
  else setTimeout(look, PAUSE);
}

setTimeout(look, PAUSE);
