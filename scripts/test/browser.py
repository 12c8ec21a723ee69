"""A page in headless Chromium: what it shows, logs and asks the network for.

Needs the Debian packages chromium, chromium-driver and python3-selenium; where
they are missing, `missing` says so.
"""

from __future__ import annotations

import json
import pathlib
import shutil
from typing import Any, Dict, List

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:  # `missing` tells
    webdriver = None

WIDE, PHONE, PAPER = (1300, 1000), (390, 800), (790, 1120)


def missing() -> str:
    """What is not installed, or nothing."""
    if webdriver is None:
        return "python3-selenium is not installed"
    for program in "chromium", "chromedriver":
        if not shutil.which(program):
            return f"{program} is not installed"
    return ""


class Browser:
    """One window; its log begins with the first page."""

    def __init__(self, profile: pathlib.Path, size=WIDE) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs",
                               {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service(shutil.which("chromedriver")))
        self.resize(*size)

    def resize(self, width: int, height: int) -> None:
        """Set the size of what is seen, whatever a window may be at least."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=1, mobile=width < 600)

    def media(self, is_dark: bool = False, media: str = "screen") -> None:
        """Prefer dark colours, or light ones; on a screen, or in print."""
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if is_dark else "light"}])

    def cdp(self, command: str, **arguments: Any) -> Dict[str, Any]:
        """Send a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, page: pathlib.Path, address: str = "") -> None:
        """Load a page anew, also where only what is behind # differs.

        What the logs have of the pages before is gone.
        """
        self.driver.get("about:blank")
        self.complaints(), self.requests()
        self.driver.get(page.as_uri() + address)

    def js(self, script: str, *arguments: Any) -> Any:
        """Run a script with a return statement."""
        return self.driver.execute_script(script, *arguments)

    def type(self, element: str, text: str) -> None:
        """Enter a text, as if it was typed, into an input or a choice."""
        self.js("const e = document.getElementById(arguments[0]);"
                "e.value = arguments[1];"
                "e.dispatchEvent(new Event('input', {bubbles: true}));",
                element, text)

    def text(self, selector: str) -> str:
        """What is seen of the first such element."""
        return self.js("return document.querySelector(arguments[0])"
                       ".innerText", selector)

    def complaints(self) -> List[str]:
        """What is on the console, errors of the page's script included."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> List[str]:
        """Whatever was asked for, the page itself among it."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def picture(self, path: pathlib.Path) -> None:
        """Keep what is seen as PNG."""
        self.driver.save_screenshot(str(path))

    def close(self) -> None:
        """End it."""
        self.driver.quit()
