// Live: the server that gave the page tells of new documents by server-sent events, and every few seconds that it is
// still reading. What the reader sees is how old the figures may be, and whether anybody still listens.

const SILENCE_MS = 20000; // the server says something every five seconds

function ago(seconds) {
  if (seconds < 10) return "as of now";
  if (seconds < 55) return `as of ${Math.round(seconds / 5) * 5} seconds ago`;
  if (seconds < 90) return "as of a minute ago";
  if (seconds < 3570) return `as of ${Math.round(seconds / 60)} minutes ago`;
  return `as of ${Math.round(seconds / 3600)} h ago`;
}

export function listen(revision, take) {
  const box = document.getElementById("live");
  const age = box.querySelector(".age");
  const lost = box.querySelector(".lost");
  box.hidden = false;
  let heardMs = Date.now(); // anything from the server
  let currentMs = null; // when the server had read everything
  let latest = revision;
  let source = null;
  let hasFailed = false;

  function show() {
    const isLost = hasFailed || Date.now() - heardMs > SILENCE_MS;
    const words = currentMs === null ? "connecting" : ago((Date.now() - currentMs) / 1000);
    if (age.textContent !== words) age.textContent = words;
    if (lost.hidden === isLost) lost.hidden = !isLost;
    box.classList.toggle("is-lost", isLost);
  }

  function open() {
    source = new EventSource(`/events?after=${encodeURIComponent(latest)}`);
    source.addEventListener("study", (event) => {
      heardMs = currentMs = Date.now();
      latest = event.lastEventId || latest;
      document.body.dataset.live = latest;
      take(JSON.parse(event.data));
      show();
    });
    // "read AGE": AGE ms ago the server had read all there was.
    source.addEventListener("read", (event) => {
      heardMs = Date.now();
      currentMs = heardMs - Number(event.data);
      show();
    });
    source.addEventListener("open", () => {
      heardMs = Date.now();
      hasFailed = false;
      show();
    });
    source.addEventListener("error", () => {
      hasFailed = true;
      show();
    });
  }

  open();
  show();
  // A browser gives up after some failures: then it is asked again.
  setInterval(() => {
    if (source.readyState === EventSource.CLOSED || Date.now() - heardMs > 3 * SILENCE_MS) {
      source.close();
      heardMs = Date.now() - SILENCE_MS;
      open();
    }
    show();
  }, 1000);
}
