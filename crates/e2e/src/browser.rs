//! Chromium and Firefox over WebDriver, each with a driver and a profile of its own.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    place::{Scratch, output},
    play::until,
    process::{Drained, Process},
    status::Status,
};

/// How long a driver, a display or a page may take to show itself.
pub(crate) const START: Duration = Duration::from_secs(60);

/// How long a page may take for what it does: the module takes a browser seconds to compile, and
/// several browsers longer.
const LOADED: Duration = Duration::from_secs(90);

/// How long a browser may take to answer, also its closing, after which its driver is ended anyway.
const ANSWER: Duration = Duration::from_secs(10);

/// Drawn in software, and with nothing that would ask the network for anything.
const CHROMIUM_FLAGS: &[&str] = &[
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    // Containers have little shared memory.
    "--disable-dev-shm-usage",
    // With the page's own words in the log.
    "--enable-logging",
];

/// A browser with one window. It closes with this value.
pub struct Browser {
    client: Client,
    session: Session,
    // Dropped after the session: the browser writes into its profile until it has closed.
    _driver: Drained,
    _display: Option<Display>,
    _profile: Scratch,
}

impl Browser {
    /// A headless Chromium with a window of `width` by `height` pixels.
    ///
    /// # Errors
    /// When Chromium or its driver cannot be started.
    pub async fn chromium(name: &str, width: u32, height: u32) -> Result<Self> {
        let flags = ["--headless=new".to_owned(), size(width, height)];
        Self::chromium_with(name, json!({}), &flags, None).await
    }

    /// A headless Chromium that has no WebGL.
    ///
    /// # Errors
    /// When Chromium or its driver cannot be started.
    pub async fn chromium_without_graphics(name: &str, width: u32, height: u32) -> Result<Self> {
        let flags = ["--headless=new", "--disable-3d-apis"].map(str::to_owned);
        let emulation = device(width, height);
        Self::chromium_with(name, emulation, &flags, None).await
    }

    /// A Chromium in a window on a display of its own, where tabs cover one another.
    ///
    /// # Errors
    /// When the display, Chromium or its driver cannot be started.
    pub async fn chromium_window(name: &str, width: u32, height: u32) -> Result<Self> {
        let display = Display::start(name).await?;
        let flags = ["--ozone-platform=x11".to_owned(), size(width, height)];
        Self::chromium_with(name, json!({}), &flags, Some(display)).await
    }

    /// A headless Chromium whose page has exactly `width` by `height` pixels, as on a device.
    ///
    /// # Errors
    /// When Chromium or its driver cannot be started.
    pub async fn device(name: &str, width: u32, height: u32) -> Result<Self> {
        let flags = ["--headless=new".to_owned()];
        Self::chromium_with(name, device(width, height), &flags, None).await
    }

    /// A headless Chromium that has a phone's page of this size in CSS pixels, with `density` of
    /// the screen's to one of them, and fingers instead of a mouse.
    ///
    /// # Errors
    /// When Chromium or its driver cannot be started.
    pub async fn phone(name: &str, width: u32, height: u32, density: f64) -> Result<Self> {
        let flags = [
            "--headless=new".to_owned(),
            // An emulated density is told to pages in one of its two ways only.
            format!("--force-device-scale-factor={density}"),
        ];
        let mut emulation = device(width, height);
        emulation["deviceMetrics"]["pixelRatio"] = json!(0);
        emulation["deviceMetrics"]["touch"] = json!(true);
        emulation["deviceMetrics"]["mobile"] = json!(true);
        Self::chromium_with(name, emulation, &flags, None).await
    }

    async fn chromium_with(
        name: &str,
        emulation: Value,
        flags: &[String],
        display: Option<Display>,
    ) -> Result<Self> {
        let profile = Scratch::new()?;
        let mut driver = Command::new("chromedriver");
        if let Some(display) = &display {
            display.give_to(&mut driver);
        }
        driver.arg("--port=0").env(
            "CHROME_LOG_FILE",
            output()?.join(format!("{name}.page.log")),
        );
        let (driver, port) =
            start_driver(&mut driver, name, "started successfully on port ").await?;
        let mut arguments: Vec<String> = CHROMIUM_FLAGS.iter().map(ToString::to_string).collect();
        arguments.extend_from_slice(flags);
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments });
        if emulation != json!({}) {
            options["mobileEmulation"] = emulation;
        }
        let capabilities = json!({ "goog:chromeOptions": options });
        let (client, session) = connect(port, capabilities).await?;
        Ok(Self {
            client,
            session,
            _driver: driver,
            _display: display,
            _profile: profile,
        })
    }

    /// A Firefox in a window on a display of its own: headless, it finds no surface to draw
    /// WebGL on in software.
    ///
    /// # Errors
    /// When the display, Firefox or its driver cannot be started.
    pub async fn firefox(name: &str, width: u32, height: u32) -> Result<Self> {
        let profile = Scratch::new()?;
        let display = Display::start(name).await?;
        let mut driver = Command::new("geckodriver");
        driver
            .args(["--port", "0", "--profile-root"])
            .arg(profile.path());
        display.give_to(&mut driver);
        let (driver, port) = start_driver(&mut driver, name, "Listening on 127.0.0.1:").await?;
        let capabilities = json!({ "moz:firefoxOptions": {
            "args": ["-width", width.to_string(), "-height", height.to_string()],
            "prefs": {
                "webgl.force-enabled": true,
                // The page's own words in the driver's log.
                "devtools.console.stdout.content": true,
                // The driver spares tests this; players are not spared.
                "threads.lower_mainthread_priority_in_background.enabled": true,
                "network.proxy.type": 0,
            },
        }});
        let (client, session) = connect(port, capabilities).await?;
        Ok(Self {
            client,
            session,
            _driver: driver,
            _display: Some(display),
            _profile: profile,
        })
    }

    /// Opens `url`, loaded anew even where only its fragment differs.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.client.goto("about:blank").await?;
        self.client
            .goto(url)
            .await
            .with_context(|| format!("cannot open {url}"))
    }

    /// Loads the page anew, as its player may at any time.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.client.refresh().await?)
    }

    /// Runs a command of Chromium's DevTools protocol on the page.
    ///
    /// # Errors
    /// When this is no Chromium, or it refuses.
    pub fn devtools(&self, command: &str, parameters: Value) -> Result<()> {
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let answer =
            tokio::task::block_in_place(|| self.session.ask("POST", "/goog/cdp/execute", &body))?;
        ensure!(answer.starts_with(OK), "{command} was answered {answer}");
        Ok(())
    }

    /// Has every page run this script before its own.
    ///
    /// # Errors
    /// When this is no Chromium, or it refuses.
    pub fn before_pages(&self, script: &str) -> Result<()> {
        let command = "Page.addScriptToEvaluateOnNewDocument";
        self.devtools(command, json!({ "source": script }))
    }

    /// Lets downloads come at so many bytes a second from here on.
    ///
    /// # Errors
    /// When this is no Chromium, or it refuses.
    pub fn slow_down(&self, bytes_per_second: u32) -> Result<()> {
        let conditions = json!({ "network_conditions": {
            "offline": false, "latency": 0,
            "download_throughput": bytes_per_second, "upload_throughput": bytes_per_second,
        }});
        let answer = tokio::task::block_in_place(|| {
            let path = "/chromium/network_conditions";
            self.session.ask("POST", path, &conditions.to_string())
        })?;
        ensure!(answer.starts_with(OK), "slowing down was answered {answer}");
        Ok(())
    }

    /// The WebDriver client, for what only few tests do.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The page's address now.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn url(&self) -> Result<String> {
        Ok(self.client.current_url().await?.into())
    }

    /// Waits until the page's game has made its room, and gives the address that invites to it.
    ///
    /// # Errors
    /// When there is none after a while.
    pub async fn invitation(&self) -> Result<String> {
        until("a room's code in the address", START, async || {
            let url = self.url().await?;
            Ok(url
                .rsplit_once('#')
                .filter(|(_, code)| !code.is_empty())
                .map(|_| url.clone()))
        })
        .await
    }

    /// What the scenes of the page tell of themselves: nothing before the game runs.
    ///
    /// # Errors
    /// When the browser does not answer, or answers something else.
    pub async fn statuses(&self) -> Result<Vec<Status>> {
        // As text: WebDriver's own way turns every number into a float. Until the game runs,
        // `window.game` is the canvas of that id, without these functions.
        let script = "return JSON.stringify(window.game.statuses?.() ?? [])";
        let answer = self.evaluate(script).await?;
        let text = answer.as_str().context("statuses() is not an array")?;
        serde_json::from_str(text).with_context(|| format!("no statuses: {text}"))
    }

    /// What the page's only scene tells of itself, through `window.game.status()`.
    ///
    /// # Errors
    /// When the browser does not answer, or answers something else.
    pub async fn status(&self) -> Result<Option<Status>> {
        let script = "return JSON.stringify(window.game.status?.() ?? null)";
        let answer = self.evaluate(script).await?;
        let text = answer.as_str().context("status() is no object")?;
        serde_json::from_str(text).with_context(|| format!("no status: {text}"))
    }

    /// Runs the body of a function in the page and gives what it returns.
    ///
    /// # Errors
    /// When it throws, or the browser does not answer.
    pub async fn evaluate(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits for an expression of the page to be true.
    ///
    /// # Errors
    /// When it is not after a while, which says `what` was waited for; or when it throws.
    pub async fn holds(&self, what: &str, expression: &str) -> Result<()> {
        let script = format!("return {expression}");
        until(what, LOADED, async || {
            let value = self.evaluate(&script).await?;
            Ok((value == json!(true)).then_some(()))
        })
        .await
    }

    /// Waits until the loading panel is gone and `count` pictures were drawn since.
    ///
    /// # Errors
    /// When that takes too long; the message has what the panel says.
    pub async fn draws(&self, count: u32) -> Result<()> {
        let loaded = until("the game to start", START, async || {
            let hidden = self
                .evaluate("return document.getElementById('loading').hidden")
                .await?;
            Ok((hidden == json!(true)).then_some(()))
        });
        if let Err(error) = loaded.await {
            let script = "return document.getElementById('loading-text').textContent";
            let text = self.evaluate(script).await?;
            return Err(error.context(format!("the page says {text}")));
        }
        let script = "
            let [count, done] = arguments;
            const step = () => count-- > 0 ? requestAnimationFrame(step) : done(null);
            step();";
        self.client
            .execute_async(script, vec![json!(count)])
            .await?;
        Ok(())
    }

    /// Saves a picture of the page as PNG.
    ///
    /// # Errors
    /// When the browser or the file system does not answer.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        fs::write(path, self.client.screenshot().await?)
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Starts a WebDriver, and finds the free port that it took after `phrase` in its output.
async fn start_driver(command: &mut Command, name: &str, phrase: &str) -> Result<(Drained, u16)> {
    let folder = output()?;
    let mut driver = Process::start(command, &folder.join(format!("{name}.err.log")))?;
    let port = driver
        .wait_for(START, |line| {
            let rest = line.split(phrase).nth(1)?;
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
            digits.parse().ok()
        })
        .await?;
    Ok((
        driver.drain(&folder.join(format!("{name}.log"))).await?,
        port,
    ))
}

/// What Chromium emulates: a page of exactly this size.
fn device(width: u32, height: u32) -> Value {
    let metrics = json!({ "width": width, "height": height, "pixelRatio": 1, "touch": false });
    json!({ "deviceMetrics": metrics })
}

/// Chromium's flag for the size of its window.
fn size(width: u32, height: u32) -> String {
    format!("--window-size={width},{height}")
}

/// A display in memory, without a window manager. It ends with this value.
pub struct Display {
    number: u32,
    _server: Drained,
}

impl Display {
    /// Starts one, with its logs under `name`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn start(name: &str) -> Result<Self> {
        let folder = output()?;
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24"]);
        command.args(["-nolisten", "tcp"]);
        let mut display =
            Process::start(&mut command, &folder.join(format!("{name}.xvfb.err.log")))?;
        let number = display
            .wait_for(START, |line| line.trim().parse().ok())
            .await?;
        Ok(Self {
            number,
            _server: display
                .drain(&folder.join(format!("{name}.xvfb.log")))
                .await?,
        })
    }

    /// Starts a window manager there, with its logs under `name`. It ends with the value.
    ///
    /// # Errors
    /// When it cannot be started.
    pub async fn manage(&self, name: &str) -> Result<Drained> {
        let folder = output()?;
        let mut command = Command::new("openbox");
        self.give_to(&mut command);
        let log = |kind: &str| folder.join(format!("{name}.openbox{kind}.log"));
        let manager = Process::start(&mut command, &log(".err"))?;
        manager.drain(&log("")).await
    }

    /// Does to the game's window what a user would: `what` is a command of `xdotool`.
    ///
    /// # Errors
    /// When there is no such window, or the command fails.
    pub async fn ask(&self, what: &str) -> Result<()> {
        let mut command = Command::new("xdotool");
        self.give_to(&mut command);
        let asked = command.args(["search", "--name", "^Peerball$", what]);
        ensure!(asked.status().await?.success(), "xdotool cannot {what}");
        Ok(())
    }

    /// Lets `command` show its windows there, drawn in software.
    pub fn give_to(&self, command: &mut Command) {
        command
            .env("DISPLAY", format!(":{}", self.number))
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
    }
}

async fn connect(port: u16, capabilities: Value) -> Result<(Client, Session)> {
    let Value::Object(capabilities) = capabilities else {
        bail!("capabilities are an object");
    };
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://127.0.0.1:{port}"))
        .await
        .context("the driver opens no browser")?;
    let id = client
        .session_id()
        .await?
        .context("the driver tells no session")?;
    Ok((client, Session { port, id }))
}

/// A WebDriver session. Ending a driver leaves its browser running: the session must be closed,
/// also when a test has failed and nothing is asynchronous any more.
struct Session {
    port: u16,
    id: String,
}

/// How a good answer begins.
const OK: &str = "HTTP/1.1 200";

impl Session {
    /// Asks the driver something that the client has no words for, and gives how the answer
    /// begins: whether the connection then closes is the driver's own affair.
    fn ask(&self, method: &str, path: &str, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(ANSWER))?;
        let Self { port, id } = self;
        write!(
            stream,
            "{method} /session/{id}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = vec![0; OK.len()];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The answer comes when the browser has closed.
        if let Err(error) = self.ask("DELETE", "", "") {
            eprintln!("a browser may be left: {error}");
        }
    }
}
