// The wall of units: one tile a unit. The server sends what changed, four times a second at most; this makes and changes the tiles.
const states = ["waiting", "atwork", "done", "failed", "pausing", "cancelled"];
const words = ["waiting", "at work", "updated", "failed", "pausing", "cancelled"];
const shape = 1.25; // a tile's width to its height
const widest = 1.6;
const tallest = 76;
const tallestOnScreen = 210;
const fits = [[76, 12], [44, 5], [30, 4], [22, 3]]; // tiles of this height or more show so many characters

class Wall {
  #host;
  #server;
  #fill;
  #card;
  #tiles = [];
  #shown = [];
  #columns = 1;
  #characters = 0;
  #current = -1;
  #mask = ~0;
  #only = null;
  #asking = false;
  #wanted = -1;
  #framed = 0;
  #listeners = new AbortController();
  #resized = new ResizeObserver(() => this.#layOutSoon());

  /** @param fill every tile fits into the host, which has a height; else the wall grows downwards. */
  constructor(host, server, fill) {
    this.#host = host;
    this.#server = server;
    this.#fill = fill;
    const on = (name, handler) => host.addEventListener(name, handler, { signal: this.#listeners.signal });
    on("keydown", event => this.#key(event));
    on("focusin", event => this.#point(event.target, true));
    on("pointerover", event => this.#point(event.target, false));
    on("pointerleave", () => this.#describe(-1));
    on("focusout", () => this.#describe(-1));
    document.addEventListener("dfu-live", () => this.#again(), { signal: this.#listeners.signal });
    this.#card = document.createElement("div");
    this.#card.className = "unit-card";
    this.#card.id = `${host.id}-card`;
    this.#card.setAttribute("role", "tooltip");
    this.#card.hidden = true;
    host.after(this.#card);
    this.#resized.observe(host);
  }

  /** Names and addresses of units from one index on: name, address, name, address. */
  units(first, texts) {
    for (let i = 0; i < texts.length; i += 2) {
      const index = first + i / 2;
      const unit = this.#tiles[index] ?? this.#make(index);
      unit.name = texts[i];
      unit.address = texts[i + 1];
      unit.tile.href = `/devices/${unit.address}`;
      this.#label(unit);
      this.#caption(unit);
    }
    this.#layOutSoon();
  }

  /** Units that changed, each as 32 bits, little-endian: index from bit 14, state from bit 10, thousandths in the lowest ten. */
  states(bytes) {
    const packed = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let moved = false;
    for (let at = 0; at < bytes.byteLength; at += 4) {
      const value = packed.getUint32(at, true);
      const unit = this.#tiles[value >>> 14];
      if (!unit) continue;
      const state = (value >>> 10) & 15;
      unit.share = value & 1023;
      unit.tile.style.setProperty("--f", `${state === 1 ? unit.share / 10 : 0}%`);
      if (state !== unit.state) {
        moved ||= this.#mask !== ~0;
        unit.state = state;
        unit.tile.className = `unit ${states[state]}`;
      }
      this.#label(unit);
      if (unit.index === this.#wanted) this.#ask();
    }
    if (moved) this.#layOutSoon();
  }

  /** Only units whose state's bit is in the mask and that are among these indices; null is all of them. */
  show(mask, only) {
    this.#mask = mask;
    this.#only = only && new Set(only);
    this.#layOutSoon();
  }

  /** How many tiles there are: for a look from outside. */
  count() {
    return this.#tiles.length;
  }

  dispose() {
    this.#listeners.abort();
    this.#resized.disconnect();
    cancelAnimationFrame(this.#framed);
    this.#card.remove();
    this.#host.replaceChildren();
    this.#tiles = [];
    this.#server = null;
  }

  /** The connection was down and is back: what was said meanwhile is lost, in both directions. */
  #again() {
    this.#asking = false;
    this.#server?.invokeMethodAsync("AgainAsync").catch(() => {});
  }

  #make(index) {
    const tile = document.createElement("a");
    tile.className = "unit waiting";
    tile.tabIndex = -1;
    tile.dataset.index = index;
    const unit = { index, tile, state: 0, share: 0, name: "", address: "", said: "" };
    this.#tiles[index] = unit;
    this.#host.append(tile);
    return unit;
  }

  #label(unit) {
    // Every tenth is enough for those who hear it.
    const share = unit.state === 1 && unit.share > 0 ? `, ${Math.floor(unit.share / 100) * 10} percent` : "";
    const said = `${unit.name || unit.address}: ${words[unit.state]}${share}`;
    if (said === unit.said) return;
    unit.said = said;
    unit.tile.setAttribute("aria-label", said);
  }

  #caption(unit) {
    const text = unit.name || unit.address.replaceAll(":", "");
    unit.tile.textContent = this.#characters === 0 ? "" : text.length > this.#characters ? text.slice(-this.#characters) : text;
  }

  #layOutSoon() {
    if (this.#framed === 0) this.#framed = requestAnimationFrame(() => { this.#framed = 0; this.#layOut(); });
  }

  #isShown(unit) {
    return (this.#mask >>> unit.state) % 2 === 1 && (!this.#only || this.#only.has(unit.index));
  }

  #layOut() {
    this.#shown = this.#tiles.filter(unit => this.#isShown(unit));
    const shown = new Set(this.#shown);
    for (const unit of this.#tiles) if (unit.tile.hidden === shown.has(unit)) unit.tile.hidden = !shown.has(unit);
    const width = this.#host.clientWidth;
    const height = this.#fill ? this.#host.clientHeight : Math.max(300, innerHeight * 0.6);
    if (width === 0) return;
    const count = Math.max(1, this.#shown.length);
    const gap = count > 1500 ? 2 : count > 400 ? 3 : 5;
    const least = this.#fill ? 5 : 15;
    let tall = this.#fill ? tallestOnScreen : tallest;
    while (tall > least && Math.floor((width + gap) / (Math.floor(tall * shape) + gap)) * Math.floor((height + gap) / (tall + gap)) < count) tall--;
    const columns = Math.max(1, Math.floor((width + gap) / (Math.floor(tall * shape) + gap)));
    const wide = Math.floor(Math.min((width + gap) / columns - gap, tall * widest)); // to the edge, where that takes little
    this.#columns = Math.max(1, Math.floor((width + gap) / (wide + gap)));
    for (const [name, value] of [["--wide", wide], ["--tall", tall], ["--gap", gap]]) this.#host.style.setProperty(name, `${value}px`);
    const characters = fits.find(([from]) => tall >= from)?.[1] ?? 0;
    this.#host.classList.toggle("plain", characters === 0);
    this.#host.classList.toggle("large", characters > 5);
    if (characters !== this.#characters) {
      this.#characters = characters;
      for (const unit of this.#tiles) this.#caption(unit);
    }
    const current = this.#tiles[this.#current];
    if (!current || !shown.has(current)) this.#rove(this.#shown[0]);
  }

  /** One tile at a time is reached by the tab key; arrows go on from there. */
  #rove(unit) {
    const before = this.#tiles[this.#current];
    if (before) before.tile.tabIndex = -1;
    this.#current = unit ? unit.index : -1;
    if (unit) unit.tile.tabIndex = 0;
  }

  #key(event) {
    if (event.key === "Escape" && !this.#card.hidden) {
      this.#describe(-1);
      event.stopPropagation();
      return;
    }
    const at = this.#shown.indexOf(this.#tiles[this.#current]);
    const to = {
      ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - this.#columns, ArrowDown: at + this.#columns, Home: 0, End: this.#shown.length - 1,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const unit = this.#shown[to];
    if (!unit) return;
    this.#rove(unit);
    unit.tile.focus();
  }

  #point(target, focused) {
    const unit = this.#tiles[target.dataset?.index];
    if (!unit) return;
    if (focused) this.#rove(unit);
    this.#describe(unit.index);
  }

  /** Shows what is known of a unit beside its tile; -1 hides that. */
  #describe(index) {
    if (index === this.#wanted) return;
    this.#tiles[this.#wanted]?.tile.removeAttribute("aria-describedby");
    this.#wanted = index;
    if (index < 0) this.#card.hidden = true;
    else this.#ask();
  }

  async #ask() {
    if (this.#asking || !this.#server) return;
    this.#asking = true;
    try {
      for (let asked = -1; asked !== this.#wanted && this.#wanted >= 0;) {
        asked = this.#wanted;
        const lines = await this.#server.invokeMethodAsync("Describe", asked);
        if (asked === this.#wanted && lines) this.#showCard(this.#tiles[asked], lines);
      }
    } catch {
      this.#card.hidden = true; // the connection is down, which the page says by itself
    } finally {
      this.#asking = false;
    }
  }

  #showCard(unit, lines) {
    if (!unit) return;
    this.#card.replaceChildren(...lines.map((text, i) => {
      const line = document.createElement(i === 0 ? "strong" : "span");
      line.textContent = text;
      return line;
    }));
    this.#card.hidden = false;
    unit.tile.setAttribute("aria-describedby", this.#card.id);
    const tile = unit.tile.getBoundingClientRect();
    const card = this.#card.getBoundingClientRect();
    const left = Math.min(Math.max(8, tile.left), document.documentElement.clientWidth - card.width - 8);
    const below = tile.bottom + 8 + card.height <= innerHeight;
    this.#card.style.setProperty("left", `${left}px`);
    this.#card.style.setProperty("top", `${below ? tile.bottom + 8 : tile.top - card.height - 8}px`);
  }
}

export function mount(host, server, fill) {
  return new Wall(host, server, fill);
}

// Television: the screen stays on while the page is looked at, where the browser lets it.
export function stayAwake() {
  const stop = new AbortController();
  let lock = null;
  const ask = async () => {
    if (document.visibilityState !== "visible" || !navigator.wakeLock || stop.signal.aborted) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (stop.signal.aborted) await lock.release();
    } catch {
      lock = null; // refused, for want of power or of a secure address: the screen's own settings decide
    }
  };
  document.addEventListener("visibilitychange", ask, { signal: stop.signal });
  ask();
  return { dispose: async () => { stop.abort(); await lock?.release(); } };
}

// A clock that the browser keeps, so that it goes on while the server is away.
export function keepClock(element) {
  let timer = 0;
  const show = () => {
    const now = new Date();
    element.textContent = `${String(now.getHours()).padStart(2, "0")}:${String(now.getMinutes()).padStart(2, "0")}`; // as all other times
    timer = setTimeout(show, 60000 - now % 60000);
  };
  show();
  return { dispose: () => clearTimeout(timer) };
}

export function fullScreen(element) {
  return document.fullscreenElement ? document.exitFullscreen() : element.requestFullscreen();
}
