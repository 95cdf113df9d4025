// Before anything is drawn, the page gets the colours that this browser was told to keep; without any it follows the system.
(() => {
  try {
    const theme = localStorage.getItem("dfu.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing follows the system.
  }
})();
