//! The page around the game: its address, `window.game`, the clipboard, and what its scripts
//! (`assets/page.js`) and screen readers are told.

use crate::{
    preferences::Preferences,
    scene::{Failed, Peer, Scene, Session, place::Place},
};
use bevy::{
    input_focus::{
        InputFocus,
        tab_navigation::{NavAction, TabIndex, TabNavigation},
    },
    prelude::*,
};
use js_sys::{Array, Function, JSON, Object, Reflect};
use netplay::session::Status;
use std::{cell::RefCell, sync::Arc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlElement, PageTransitionEvent};

pub(super) fn plugin(app: &mut App) {
    tell_page();
    app.add_systems(Startup, listen)
        .add_systems(PostUpdate, (report, show_code, show_tab_ends))
        .add_systems(Last, tell_first_picture);
}

/// What `assets/page.js` calls the page's own part in the window.
pub const PAGE: &str = "gamePage";

/// The canvas's id in `index.html`.
const CANVAS: &str = "game";

/// The id of the element whose text screen readers read out when it changes.
const LIVE_REGION: &str = "said";

/// The event that tells the page's scripts that the game is on the screen.
const DRAWN: &str = "game-drawn";

/// The picture with which something is surely on the screen: the first one has the layout not yet.
const DRAWN_AFTER: u32 = 3;

/// The page's query and fragment, with their `?` and `#`.
pub fn address() -> (String, String) {
    let location = web_sys::window().map(|window| window.location());
    let part = |read: fn(&web_sys::Location) -> Result<String, JsValue>| {
        location
            .as_ref()
            .and_then(|location| read(location).ok())
            .unwrap_or_default()
    };
    (
        part(web_sys::Location::search),
        part(web_sys::Location::hash),
    )
}

/// The server that the page came from, with the path under which a proxy shows it.
pub fn server() -> String {
    let Some(location) = web_sys::window().map(|window| window.location()) else {
        return String::new();
    };
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    // Without the page's own name.
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{origin}{folder}")
}

/// Whether a media query holds for the page.
pub fn matches(query: &str) -> bool {
    let window = web_sys::window();
    let list = window.and_then(|window| window.match_media(query).ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Has screen readers say this, after what they are saying.
pub fn announce(words: &str) {
    if let Some(region) = element(LIVE_REGION) {
        region.set_text_content(Some(words));
    }
}

/// Tells the page, its title and screen readers which screen of `game` is shown: `name` for the
/// page's styles, `title` for people, in the language of this code.
pub fn show_screen(game: &str, name: &str, title: &str, language: &str) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return;
    };
    document.set_title(&format!("{title} - {game}"));
    if let Some(body) = document.body() {
        // The name of an attribute that is valid cannot fail.
        let _ = body.set_attribute("data-screen", name);
    }
    if let Some(region) = element(LIVE_REGION) {
        region.set_lang(language);
    }
    announce(title);
}

/// What the page's own scripts know by this name.
pub fn of_page(name: &str) -> Option<JsValue> {
    let window = web_sys::window()?;
    let page = Reflect::get(&window, &JsValue::from_str(PAGE)).ok()?;
    // Of something that is no object, this is an error.
    Reflect::get(&page, &JsValue::from_str(name)).ok()
}

/// Calls a function of the page's own scripts: whatever goes wrong in there, the game goes on.
pub fn call_page(name: &str, argument: &JsValue) {
    if let Some(function) = of_page(name)
        && let Some(function) = function.dyn_ref::<Function>()
    {
        let _ = function.call1(&JsValue::NULL, argument);
    }
}

/// Makes a function known to the page as `window.object.name`.
pub fn give(object: &str, name: &str, function: &JsValue) {
    if let Some(window) = web_sys::window()
        && let Ok(object) = Reflect::get(&window, &JsValue::from_str(object))
    {
        // A page without that object has nobody who would call.
        let _ = Reflect::set(&object, &JsValue::from_str(name), function);
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    let found = web_sys::window()?.document()?.get_element_by_id(id)?;
    found.dyn_into().ok()
}

/// Tells the page where the focus is among the picture's buttons, so that Tab goes on to the page
/// and the browser after the last one, and with Shift before the first.
fn show_tab_ends(
    focus: Res<InputFocus>,
    come: Query<(), Added<TabIndex>>,
    mut gone: RemovedComponents<TabIndex>,
    order: TabNavigation,
) {
    let has_gone = gone.read().count() > 0;
    if !focus.is_changed() && come.is_empty() && !has_gone {
        return;
    }
    let Some(canvas) = element(CANVAS) else {
        return;
    };
    let at_end = |end| {
        order
            .navigate(&focus, end)
            .map_or(true, |last| focus.get() == Some(last))
    };
    for (end, name) in [
        (NavAction::First, "data-tab-first"),
        (NavAction::Last, "data-tab-last"),
    ] {
        // The name of an attribute that is valid cannot fail.
        let _ = match at_end(end) {
            true => canvas.set_attribute(name, ""),
            false => canvas.remove_attribute(name),
        };
    }
}

/// Until then the page shows that it loads.
fn tell_first_picture(mut pictures: Local<u32>) {
    if *pictures >= DRAWN_AFTER {
        return;
    }
    *pictures += 1;
    if *pictures == DRAWN_AFTER
        && let Some(window) = web_sys::window()
        && let Ok(event) = web_sys::Event::new(DRAWN)
    {
        // Whether a listener prevents a default, of which there is none.
        let _ = window.dispatch_event(&event);
    }
}

/// Puts text into the clipboard. A browser that refuses leaves it to be read off the screen.
pub fn copy(text: &str) {
    if let Some(window) = web_sys::window() {
        // A page from plain HTTP has no clipboard: the property is undefined then, and must not
        // be called.
        let navigator = window.navigator();
        let clipboard = Reflect::get(&navigator, &JsValue::from_str("clipboard"));
        if clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
            let _ = navigator.clipboard().write_text(text);
        }
    }
}

/// Shows the room's code in the page's address while one is in it, so that sharing or reloading
/// the page leads there.
fn show_code(
    arrived: Query<&Place, Added<Place>>,
    mut left: RemovedComponents<Place>,
    places: Query<(), With<Place>>,
) {
    if let Some(place) = arrived.iter().next() {
        set_fragment(&format!("#{}", place.room));
    } else if left.read().next().is_some() && places.is_empty() {
        set_fragment("");
    }
}

/// Changes the address without a `hashchange`, which is how a player's own change is told.
fn set_fragment(fragment: &str) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let location = window.location();
    let (path, query) = (location.pathname(), location.search());
    if let (Ok(history), Ok(path), Ok(query)) = (window.history(), path, query) {
        let address = format!("{path}{query}{fragment}");
        // A page in a sandbox may not: then its address stays as it is.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Opens the page anew when a link to another room is opened in it, which changes no more than
/// the fragment, and when it comes back out of the browser's cache: its sessions have left when it
/// went. Gives the keyboard to the game.
fn listen() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let reload = || {
        if let Some(window) = web_sys::window() {
            let _ = window.location().reload();
        }
    };
    let on_show = move |event: PageTransitionEvent| {
        if event.persisted() {
            reload();
        }
    };
    let on_show = Closure::<dyn Fn(PageTransitionEvent)>::new(on_show).into_js_value();
    window.set_onpageshow(on_show.dyn_ref());
    let reload = Closure::<dyn Fn()>::new(reload).into_js_value();
    window.set_onhashchange(reload.dyn_ref());
    if let Some(canvas) = element(CANVAS) {
        let _ = canvas.focus();
    }
}

/// What a scene's status is asked of.
enum Source {
    Opening,
    Session(Arc<dyn Peer>),
    Failed(String),
}

impl Source {
    fn status(&self) -> Status {
        match self {
            Self::Opening => Status {
                phase: "connecting",
                ..Status::default()
            },
            Self::Session(session) => session.status(),
            Self::Failed(sentence) => Status {
                phase: "failed",
                failure: Some(sentence.clone()),
                ..Status::default()
            },
        }
    }
}

thread_local! {
    /// The scenes by their index. The page asks at any time, between pictures too.
    static SOURCES: RefCell<Vec<Source>> = const { RefCell::new(Vec::new()) };
}

fn report(
    changed: Query<
        (),
        Or<(
            Added<Scene>,
            Added<Session>,
            Changed<Session>,
            Added<Failed>,
        )>,
    >,
    mut removed: RemovedComponents<Scene>,
    scenes: Query<(&Scene, Option<&Session>, Option<&Failed>)>,
    preferences: Res<Preferences>,
) {
    if changed.is_empty() && removed.read().next().is_none() {
        return;
    }
    let mut sorted: Vec<_> = scenes.iter().collect();
    sorted.sort_by_key(|(scene, ..)| scene.index);
    let sources = sorted
        .into_iter()
        .map(|(_, session, failed)| match (session, failed) {
            (Some(session), _) => Source::Session(session.0.clone()),
            (None, Some(failed)) => Source::Failed((preferences.words().trouble)(&failed.0)),
            (None, None) => Source::Opening,
        });
    SOURCES.set(sources.collect());
}

/// Gives the page `window.game` with `status()`, the first scene's [`Status`] as an object,
/// and `statuses()`, one for each scene.
fn tell_page() {
    let statuses = || SOURCES.with_borrow(|sources| sources.iter().map(Source::status).collect());
    let status = move || -> JsValue {
        let all: Vec<Status> = statuses();
        object(&all.into_iter().next().unwrap_or(Status {
            phase: "title",
            ..Status::default()
        }))
    };
    let statuses = move || -> JsValue {
        let all: Vec<Status> = statuses();
        all.iter().map(object).collect::<Array>().into()
    };
    let game = Object::new();
    let functions = [
        (
            "status",
            Closure::<dyn Fn() -> JsValue>::new(status).into_js_value(),
        ),
        (
            "statuses",
            Closure::<dyn Fn() -> JsValue>::new(statuses).into_js_value(),
        ),
    ];
    for (name, function) in functions {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&game, &JsValue::from_str(name), &function);
    }
    if let Some(window) = web_sys::window() {
        let _ = Reflect::set(&window, &JsValue::from_str("game"), &game);
    }
}

/// A status as JavaScript sees it.
fn object(status: &Status) -> JsValue {
    serde_json::to_string(status)
        .ok()
        .and_then(|json| JSON::parse(&json).ok())
        .unwrap_or(JsValue::NULL)
}
