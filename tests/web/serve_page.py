"""serve_page.py BITLINE [FOLDER] - the page of `bitline serve` in headless Chromium: by keyboard and by clicks it is paused, stepped, watched, resumed and
a trace is downloaded; what it shows is what the API says; nothing is loaded from elsewhere, nothing is wider than 600 px. With FOLDER: screenshots."""

import contextlib, json, os, shutil, subprocess, sys, tempfile, time, urllib.request

BITLINE = sys.argv[1]
SHOTS = sys.argv[2] if len(sys.argv) > 2 else None
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--remote-debugging-pipe"]
work = tempfile.mkdtemp(prefix="bitline-web-")


class Browser:
    """Chromium's protocol through two pipes: JSON, ended by NUL."""

    def __init__(self):
        to_read, self.to = os.pipe()
        self.of, of_write = os.pipe()

        def pipes():
            a, b = os.dup(to_read), os.dup(of_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self.process = subprocess.Popen([shutil.which("chromium"), *FLAGS, "--user-data-dir=" + work + "/profile", "about:blank"], preexec_fn=pipes, close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(of_write)
        self.n, self.rest, self.events, self.session = 0, b"", [], None
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self.session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def __call__(self, method, **params):
        self.n += 1
        message = {"id": self.n, "method": method, "params": params}
        if self.session and not method.startswith("Browser."):
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.rest:
                more = os.read(self.of, 1 << 20)
                assert more, "chromium has ended"
                self.rest += more
            text, self.rest = self.rest.split(b"\0", 1)
            o = json.loads(text)
            if o.get("id") == self.n:
                assert "error" not in o, (method, o)
                return o["result"]
            self.events.append(o)

    def js(self, text):
        o = self("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in o, (text, o)
        return o["result"].get("value")

    def until(self, text, seconds=20):
        end = time.time() + seconds
        while time.time() < end:
            if self.js("(() => { try { return %s } catch { return false } })()" % text):      # perhaps it is not loaded yet
                return
            time.sleep(0.05)
        raise AssertionError("never: " + text + "\nthe page says: " + self.js("document.body.innerText")[:1500])

    def key(self, key):
        code = {"Tab": 9, "Enter": 13, " ": 32}.get(key, ord(key[0].upper()))
        text = {"Enter": "\r", "Tab": ""}.get(key, key)
        self("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **({"text": text} if text else {}))
        self("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def write(self, id, text):
        self.js(f"(e => (e.focus(), e.select()))(document.getElementById('{id}'))")
        self("Input.insertText", text=text)

    def size(self, width, height):
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def shot(self, name):
        if not SHOTS:
            return
        import base64
        self.js("window.scrollTo(0, 0)")
        png = self("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(f"{SHOTS}/{name}.png", "wb") as f:
            f.write(base64.b64decode(png))

    def close(self):
        self.process.kill()
        self.process.wait()


class Server:
    def __init__(self, *words):
        self.process = subprocess.Popen([BITLINE, "serve", *words, "--port", "0", "-q"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.base, self.token = self.url.split("/#token=")

    def get(self, path):
        r = urllib.request.Request(self.base + "/api/v1/" + path, headers={"X-Bitline-Token": self.token})
        return urllib.request.urlopen(r).read()

    def json(self, path):
        return json.loads(self.get(path))

    def close(self):
        self.process.terminate()
        self.process.stdout.read()
        return self.process.wait()


def badge(text):
    return f"document.getElementById('badge').textContent === {json.dumps(text)}"


def same_as_api(b, s):
    """Every row of the tables against the API; the run stands."""
    parts = s.json("parts")
    rows = b.js("[...document.querySelectorAll('#parts tbody tr')].map(r => [r.cells[0].textContent, r.cells[1].textContent, [...r.querySelectorAll('.bars span')].map(x => x.title)])")
    assert len(rows) == len(parts) > 5, (len(rows), len(parts))
    for row, part in zip(rows, parts):
        total = sum(v["spent"] for v in part["verdicts"]) or 1
        assert row == [part["path"], part["verdict"], ["%s %.1f %%" % (v["name"], 100 * v["spent"] / total) for v in part["verdicts"]]], (row, part)
    channels = s.json("channels")["rows"]
    rows = b.js("[...document.querySelectorAll('#channels tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    assert [[r[0], r[1], r[2], r[3]] for r in rows] == [[c["from"] or "", c["to"] or "", "%d of %d" % (c["level"], c["capacity"]), str(c["high"])] for c in channels], (rows, channels)
    waits = s.json("waits")
    rows = b.js("[...document.querySelectorAll('#waits tbody tr')].map(r => [r.cells[0].textContent, r.cells[1].textContent, r.cells[3].textContent])")
    assert rows == [[w["part"], w["verdict"], w["peer"] or ""] for w in waits], (rows, waits)
    assert b.js("document.getElementById('path').textContent") == s.json("path")["text"]
    layers = s.json("layers")
    rows = b.js("[...document.querySelectorAll('#layers tbody tr')].map(r => [r.cells[0].textContent, r.cells[2].textContent])")
    assert rows == [[x["name"], "%d of %d" % (x["done"], x["of"])] for x in layers], (rows, layers)


def by_keyboard(b):
    """Tab goes through every button, field and list that can be used, and each shows that it has the focus."""
    wanted = b.js("[...document.querySelectorAll('a[href], button, input, select, pre[tabindex]')].filter(e => !e.disabled && e.offsetParent).length")
    b.js("document.activeElement.blur()")
    seen = set()
    for _ in range(wanted + 3):
        b.key("Tab")
        seen.add(b.js("(e => e.id || e.dataset.at || e.className || e.textContent)(document.activeElement)"))
    assert len(seen) >= wanted, (wanted, seen)


def run(b, s):
    b("Page.enable"), b("Runtime.enable"), b("Log.enable"), b("Network.enable")
    b("Browser.setDownloadBehavior", behavior="allow", downloadPath=work)
    b.size(1400, 900)
    b("Page.navigate", url=s.url)
    b.until(badge("paused: start"))
    b.key("c")                                     # a cycle
    b.until(badge("paused: step"))
    assert s.json("state")["now_fs"] == 6000000
    b.key("e")                                     # an event
    b.until("frame.now_fs > 6000000")
    b.write("globs", "adc.* core")
    b.key("Enter")
    b.until("document.querySelectorAll('#watches tbody tr').length === 1")
    b.write("until", "adc.verdict == busy")
    b.key("Enter")
    b.until(badge("paused: condition"))
    b.write("value", "adc.verdict")
    b.key("Enter")
    b.until("[...document.querySelectorAll('#values td')].some(c => c.textContent === '1 (busy)')")
    b.write("until", "60 us")
    b.key("Enter")
    b.until("frame.now_fs === 60e9")
    same_as_api(b, s)
    by_keyboard(b)
    b.shot("serve_1400")
    b.size(600, 900)
    assert b.js("document.documentElement.scrollWidth") <= 600, "wider than 600 px"
    b.shot("serve_600")

    b.js("document.querySelector('[data-at=get1]').focus()")
    b.key("Enter")                                 # download
    path = work + "/watch1.fst"
    end = time.time() + 20
    while not os.path.exists(path) and time.time() < end:
        b.js("1")
        time.sleep(0.05)
    with open(path, "rb") as f:
        assert f.read() == s.get("watches/1.fst")
    told = subprocess.run([BITLINE, "trace", "info", "--strict", path], capture_output=True, text=True)
    assert told.returncode == 0 and "60 us" in told.stdout, told

    b.js("document.getElementById('keep').click()")
    b.until("document.querySelectorAll('#snapshots li').length === 2")
    b.js("document.activeElement.blur()")
    b.key("p")                                     # resume
    b.until(badge("ended: done"))
    same_as_api(b, s)
    b.js("document.querySelector('[data-at=snap60000000000]').click()")
    b.until(badge("paused: rewind"))
    assert s.json("state")["now_fs"] == 60000000000
    b.key("p")
    b.until(badge("ended: done"))


def hang(b):
    s = Server("back_pressure", "--set", "sink[*].every=1000000", "--hang-cycles", "1000", "--go")
    try:
        b.size(600, 900)
        b("Page.navigate", url=s.url)
        b.until(badge("paused: hang"))
        b.until("document.querySelectorAll('#hang-list li').length > 3")
        assert b.js("document.documentElement.scrollWidth") <= 600
        b.shot("serve_hang_600")
    finally:
        s.close()
    b.until(badge("no server"))


def database(b):
    """The runs of a sweep, and one opened."""
    db = work + "/runs.sqlite"
    subprocess.run([BITLINE, "sweep", "back_pressure", "--vary", "sink[*].every=2,3", "-q", "--db", db], check=False, capture_output=True)
    s = Server("back_pressure", "--db", db)
    try:
        b.size(1400, 900)
        b("Page.navigate", url=s.url)
        b.until("document.querySelectorAll('#runs tbody tr').length === 2")
        b.js("document.querySelector('#runs button').click()")
        b.until("document.getElementById('run').textContent.includes('back_pressure')")
        b.shot("serve_runs_1400")
    finally:
        s.close()


def long_run(b):
    """One that goes on: paused on its way."""
    s = Server("back_pressure", "--set", "sink[*].stop=100000000")
    try:
        b("Page.navigate", url=s.url)
        b.until(badge("paused: start"))
        b.key("p")
        b.until(badge("running"))
        b.until("frame.now_fs > 0 && document.querySelector('#go').textContent.startsWith('Pause')")
        b.key("p")
        b.until(badge("paused: user"))
        at = s.json("state")["now_fs"]
        time.sleep(0.5)
        assert s.json("state")["now_fs"] == at > 0
    finally:
        s.close()


def clean(b, origins):
    """No error in the page, and nothing from elsewhere."""
    for e in b.events:
        if e["method"] in ("Runtime.exceptionThrown", "Log.entryAdded") and "ERR_CONNECTION_REFUSED" not in json.dumps(e) and "ERR_INCOMPLETE_CHUNKED" not in json.dumps(e):
            assert "404" in json.dumps(e) and "api/v1/" in json.dumps(e) or "409" in json.dumps(e), e
        if e["method"] == "Network.requestWillBeSent":
            url = e["params"]["request"]["url"]
            assert url.startswith("http://127.0.0.1:") or url.startswith("blob:http://127.0.0.1:") or url.startswith(("about:", "data:")), url


def main():
    if not shutil.which("chromium"):
        print("serve_page: skipped, there is no chromium (tools/setup.sh web installs it)")
        return
    s = Server("osa_hcim", "--images", "2")
    b = Browser()
    try:
        run(b, s)
        assert s.close() == 0
        long_run(b)
        database(b)
        hang(b)
        clean(b, s.base)
        print("serve_page: paused, stepped, watched, resumed, rewound, downloaded; numbers as in the API; 600 and 1400 px")
    finally:
        b.close()
        with contextlib.suppress(ProcessLookupError):
            s.process.kill()
        shutil.rmtree(work, ignore_errors=True)


main()
