//! Tells the page where the controls are, and hears what is typed into real fields that it lays over
//! the drawn ones (`assets/fields.js`): a canvas opens no phone's keyboard. Also what of the page is
//! under a notch.
//!
//! The same list is what a browser's test finds buttons by.

use crate::{
    scene::view::SafeArea,
    screens::widgets::{Control, rect},
    web,
};
use bevy::{
    input_focus::{FocusCause, InputFocus},
    prelude::*,
    text::{EditableText, TextEdit},
    ui::{ComputedUiTargetCamera, UiGlobalTransform, UiSystems},
};
use js_sys::Array;
use serde::Serialize;
use std::cell::RefCell;
use wasm_bindgen::{JsValue, closure::Closure};

pub(super) fn plugin(app: &mut App) {
    listen();
    app.add_systems(PreUpdate, (hear, follow_insets))
        .add_systems(PostUpdate, tell.after(UiSystems::PostLayout));
}

/// Messages of the page that wait for a picture; further ones are dropped.
const MAX_WAITING: usize = 64;

/// Characters of a text whose field has no limit of its own.
const LONGEST: usize = 4_096;

/// What the page's real fields tell: the field, and its text where that has changed.
enum Told {
    Entered(u64),
    Typed(u64, String),
}

thread_local! {
    static WAITING: RefCell<Vec<Told>> = const { RefCell::new(Vec::new()) };
}

/// Gives the page what it tells by.
fn listen() {
    let wait = |told: Told| {
        WAITING.with_borrow_mut(|waiting| {
            if waiting.len() < MAX_WAITING {
                waiting.push(told);
            }
        });
    };
    let number = |field: &str| field.parse().unwrap_or_default();
    let entered = move |field: String| wait(Told::Entered(number(&field)));
    let typed = move |field: String, text: String| wait(Told::Typed(number(&field), text));
    let entered = Closure::<dyn Fn(String)>::new(entered).into_js_value();
    let typed = Closure::<dyn Fn(String, String)>::new(typed).into_js_value();
    web::give(web::PAGE, "entered", &entered);
    web::give(web::PAGE, "typed", &typed);
}

/// How many texts of a field were heard, so that the page knows which text the game shows.
#[derive(Component, Default)]
struct Heard(u32);

fn hear(
    mut fields: Query<(Entity, &mut EditableText, Option<&mut Heard>)>,
    mut focus: ResMut<InputFocus>,
    mut commands: Commands,
) {
    for told in WAITING.take() {
        let (Told::Entered(id) | Told::Typed(id, _)) = &told;
        let Some((entity, mut field, heard)) = fields
            .iter_mut()
            .find(|(entity, ..)| entity.to_bits() == *id)
        else {
            continue;
        };
        let Told::Typed(_, text) = told else {
            focus.set(entity, FocusCause::Pressed);
            continue;
        };
        match heard {
            Some(mut heard) => heard.0 += 1,
            None => {
                commands.entity(entity).insert(Heard(1));
            }
        }
        // One by one: the field leaves out what it does not allow, and what is too much.
        field.queue_edit(TextEdit::SelectAll);
        field.queue_edit(TextEdit::Delete);
        let max = field.max_characters.unwrap_or(LONGEST);
        for character in text.chars().take(max) {
            let mut buffer = [0; 4];
            let character = &*character.encode_utf8(&mut buffer);
            field.queue_edit(TextEdit::Insert(character.into()));
        }
    }
}

/// The page measures anew when it is turned or resized, before the game hears of it.
fn follow_insets(windows: Query<(), Changed<Window>>, mut safe: ResMut<SafeArea>) {
    if windows.is_empty() {
        return;
    }
    let insets: Vec<f32> = web::of_page("insets")
        .filter(Array::is_array)
        .map(|insets| Array::from(&insets))
        .iter()
        .flat_map(|insets| insets.iter())
        .map(|side| side.as_f64().unwrap_or_default() as f32)
        .collect();
    if let [top, right, bottom, left] = insets[..] {
        safe.set_if_neq(SafeArea {
            top,
            right,
            bottom,
            left,
        });
    }
}

/// A control, as the page is told of it; lengths in its pixels.
#[derive(Serialize)]
struct Line {
    /// As text: JavaScript's numbers are too small.
    id: String,
    text: String,
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    focused: bool,
    /// Only of a field for text.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Field>,
}

#[derive(Serialize)]
struct Field {
    max: usize,
    heard: u32,
}

type Controls<'w, 's> = Query<
    'w,
    's,
    (
        Entity,
        &'static ComputedNode,
        &'static UiGlobalTransform,
        &'static InheritedVisibility,
        &'static ComputedUiTargetCamera,
        Option<(&'static EditableText, Option<&'static Heard>)>,
    ),
    With<Control>,
>;

fn tell(
    controls: Controls,
    cameras: Query<&Camera>,
    children: Query<&Children>,
    texts: Query<&Text>,
    focus: Res<InputFocus>,
    mut told: Local<String>,
) {
    // What is not applied yet would be told back to whoever types.
    let is_typed = |field: &EditableText| !field.pending_edits.is_empty();
    if controls
        .iter()
        .any(|(.., field)| field.is_some_and(|(field, _)| is_typed(field)))
    {
        return;
    }
    let lines = controls
        .iter()
        .filter_map(|(entity, node, at, visibility, camera, field)| {
            let shown = visibility.get() && !node.is_empty();
            let camera = cameras.get(camera.get().filter(|_| shown)?).ok()?;
            let place = rect(node, at, camera);
            let scale = node.inverse_scale_factor();
            let label = || {
                let parts = children.iter_descendants(entity);
                parts.filter_map(|part| texts.get(part).ok()).next()
            };
            Some(Line {
                id: entity.to_bits().to_string(),
                text: field.map_or_else(
                    || label().map_or(String::new(), |text| text.0.clone()),
                    |(field, _)| field.value().to_string(),
                ),
                left: place.min.x * scale,
                top: place.min.y * scale,
                width: place.width() * scale,
                height: place.height() * scale,
                focused: focus.get() == Some(entity),
                field: field.map(|(field, heard)| Field {
                    max: field.max_characters.unwrap_or(LONGEST),
                    heard: heard.map_or(0, |heard| heard.0),
                }),
            })
        });
    let Ok(text) = serde_json::to_string(&lines.collect::<Vec<_>>()) else {
        return; // Plain values are always text.
    };
    if *told == text {
        return;
    }
    web::call_page("showControls", &JsValue::from_str(&text));
    *told = text;
}
