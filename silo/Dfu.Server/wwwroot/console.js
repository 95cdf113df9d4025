// What the pages need of the browser: theme, keys, moments in this place's time, dialogs, and the way back after the server was away.

const svg = (shape) => `<svg class="sign" viewBox="0 0 16 16" aria-hidden="true">${shape}</svg>`;

// ---- theme

const themes = {
  light: svg('<circle cx="8" cy="8" r="3" fill="currentColor"/><path d="M8 1.5v2m0 9v2m-6.5-6.5h2m9 0h2M3.4 3.4l1.4 1.4m6.4 6.4 1.4 1.4m0-9.2-1.4 1.4m-6.4 6.4-1.4 1.4" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>'),
  dark: svg('<path d="M13 9.8A5.8 5.8 0 0 1 6.2 3 5.8 5.8 0 1 0 13 9.8z" fill="currentColor"/>'),
  system: svg('<rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M5.5 13.5h5" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>'),
};

const themeNow = () => document.documentElement.dataset.theme ?? "system";

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("dfu.theme", theme);
  } catch {
    // It holds until the page is left.
  }
}

/** A switch with three stands; it draws itself, so that nothing of it depends on the connection. */
customElements.define("dfu-theme", class extends HTMLElement {
  connectedCallback() {
    const group = document.createElement("span");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Colours");
    for (const [theme, sign] of Object.entries(themes)) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = `${theme} colours`;
      button.setAttribute("aria-label", button.title);
      button.setAttribute("aria-pressed", theme === themeNow());
      button.innerHTML = sign;
      button.addEventListener("click", () => {
        setTheme(theme);
        for (const other of group.children) other.setAttribute("aria-pressed", other === button);
      });
      group.append(button);
    }

    this.replaceChildren(group);
  }
});

// ---- connection

let heardAt = Date.now();
let down = false;

/** Says how the page is connected: quiet while it is. */
customElements.define("dfu-connection", class extends HTMLElement {
  connectedCallback() {
    this.show();
  }

  show() {
    this.className = down ? "pausing" : "";
    this.title = down ? "not connected" : "connected: what is shown is kept up to date";
    this.innerHTML = down ? '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><use href="#pausing"/></svg><span>not live</span>'
      : '<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><use href="#ready"/></svg><span>live</span>';
  }
});

function setDown(value) {
  down = value;
  document.documentElement.classList.toggle("not-live", down);
  const banner = document.getElementById("components-reconnect-modal");
  if (banner) banner.hidden = !down;
  for (const one of document.querySelectorAll("dfu-connection")) one.show();
  showAge();
}

const age = (seconds) => seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;

function showAge() {
  const text = document.getElementById("down-age");
  if (down && text) text.textContent = `What is shown is ${age((Date.now() - heardAt) / 1000)} old.`;
}

/** The circuit is gone: the page is loaded again, as soon as the server answers. */
async function reloadWhenThere() {
  for (;;) {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.status < 500) {
        location.reload();
        return;
      }
    } catch {
      // Not there yet.
    }

    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

// The age of what is shown counts from the last message, and so from the last sign of life of a connection that broke unnoticed.
const NativeSocket = window.WebSocket;
window.WebSocket = class extends NativeSocket {
  constructor(...args) {
    super(...args);
    this.addEventListener("message", () => (heardAt = Date.now()));
  }
};

document.getElementById("components-reconnect-modal")?.addEventListener("components-reconnect-state-changed", (e) => {
  const { state } = e.detail;
  setDown(state !== "hide");
  if (state === "hide") document.dispatchEvent(new Event("dfu-live")); // what scripts and server told each other meanwhile is lost
  if (state === "failed" || state === "rejected" || state === "resume-failed") reloadWhenThere();
});

document.getElementById("down-now")?.addEventListener("click", () => location.reload());

// ---- moments

const two = (n) => String(n).padStart(2, "0");
const clock = (at) => `${two(at.getHours())}:${two(at.getMinutes())}`;
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function ago(seconds) {
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

function clockOrDay(at) {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return clock(at);
  return at.getFullYear() === now.getFullYear()
    ? `${months[at.getMonth()]} ${at.getDate()} ${clock(at)}`
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(at)}`;
}

function showMoment(element) {
  const at = new Date(element.dateTime);
  if (isNaN(at)) return;
  const text = element.dataset.form === "clock" ? clockOrDay(at) : ago((Date.now() - at) / 1000);
  const exact = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  if (element.title !== exact) element.title = exact;
  if (element.firstChild && element.firstChild.data !== text) element.firstChild.data = text;
}

const showMoments = (root) => {
  if (root.matches?.("time.moment")) showMoment(root);
  for (const one of root.querySelectorAll?.("time.moment") ?? []) showMoment(one);
};

new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) showMoments(node);
    if (change.type === "attributes") showMoment(change.target);
  }
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["datetime"] });
showMoments(document.body);
setInterval(() => {
  showAge();
  showMoments(document.body);
}, 1000);

// ---- keys

const places = { c: "/", a: "/adapters", l: "/audit", k: "/keys", n: "/campaigns/new" };
let went = 0;

const isWriting = (e) => {
  const at = e.composedPath()[0];
  return at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName) && !/^(checkbox|radio|button)$/.test(at.type));
};

document.addEventListener("keydown", (e) => {
  if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
  if (e.key === "Escape") {
    if (isWriting(e)) document.activeElement.blur();
    else document.querySelector("[data-back]")?.click();
    return;
  }

  if (isWriting(e)) return;
  if (e.key === "/") {
    const find = document.querySelector("[data-find]");
    if (!find) return;
    e.preventDefault();
    find.focus();
    find.select?.();
  } else if (e.key === "g") {
    went = e.timeStamp;
  } else if (e.timeStamp - went < 1500 && places[e.key]) {
    went = 0;
    e.preventDefault();
    Blazor.navigateTo(places[e.key]);
  }
});

// ---- for the pages

export function showDialog(dialog) {
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
}

export function closeDialog(dialog) {
  dialog.close();
}

/** Returns whether it is on the clipboard now. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// ---- start

Blazor.start({
  circuit: {
    configureSignalR: (builder) => builder.withServerTimeout(12000).withKeepAliveInterval(5000),
    reconnectionOptions: { maxRetries: undefined, retryIntervalMilliseconds: (before) => Math.min(250 * 2 ** before, 5000) },
  },
});
