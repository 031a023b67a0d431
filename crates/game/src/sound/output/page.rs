//! The browser's own mixer, WebAudio: it runs on a thread of the browser's, whatever the page does.
//!
//! Browsers let a page be heard only once its player has touched it. So the audio context is made
//! by the first gesture, and the clips before and after it, a little in each picture. A page that
//! nobody sees is silent.

use super::{Note, Output, VOICES, limit};
use crate::sound::synth::{Clip, Pcm, Render};
use bevy::log::info;
use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    AddEventListenerOptions, AudioBuffer, AudioBufferOptions, AudioBufferSourceNode, AudioContext,
    AudioContextState, AudioNode, AudioScheduledSourceNode, EventTarget, GainNode,
};
use web_time::Instant;

/// Time of a picture in which clips are made. A step that begins within it may last two
/// milliseconds longer on a slow phone.
const SHARE: Duration = Duration::from_micros(1_500);

/// Seconds in which a loop comes by 63 % nearer to its level, and a taken voice to silence.
const SMOOTHING: f64 = 0.08;
const FADE: f64 = 0.003;

/// The loudest sum that is told from a louder one.
const LOUDEST: f32 = 4.0;

/// What a browser takes for a gesture; it may take it at the press or at the release.
const GESTURES: [&str; 4] = ["keydown", "pointerup", "touchend", "click"];

/// The page's sound.
pub struct Page(Rc<RefCell<State>>);

struct State {
    awake: bool,
    wanted: VecDeque<Clip>,
    making: Option<(Clip, Render)>,
    /// By clip: what was asked for, and what is ready.
    asked: [bool; Clip::ALL.len()],
    ready: [Option<AudioBuffer>; Clip::ALL.len()],
    /// How loud each clip without end is to be.
    levels: [f32; Clip::ALL.len()],
    /// None before the first gesture, and where the browser has no WebAudio.
    graph: Option<Graph>,
    /// Whether the browser was asked for a context.
    tried: bool,
}

/// What sounds: sources, each by way of a gain, into one node that keeps their sum in bounds.
struct Graph {
    context: AudioContext,
    end: AudioNode,
    voices: [Option<(AudioBufferSourceNode, GainNode)>; VOICES],
    loops: [Option<GainNode>; Clip::ALL.len()],
}

impl Page {
    /// A silent one that waits for a gesture.
    pub fn new() -> Self {
        let state = Rc::new(RefCell::new(State {
            awake: false,
            wanted: VecDeque::new(),
            making: None,
            asked: [false; Clip::ALL.len()],
            ready: std::array::from_fn(|_| None),
            levels: [0.0; Clip::ALL.len()],
            graph: None,
            tried: false,
        }));
        listen(&state);
        Self(state)
    }
}

impl Output for Page {
    fn set_awake(&mut self, awake: bool) {
        let state = &mut *self.0.borrow_mut();
        state.awake = awake;
        state.settle();
    }

    fn prepare(&mut self, clip: Clip) {
        let state = &mut *self.0.borrow_mut();
        if !std::mem::replace(&mut state.asked[clip as usize], true) {
            state.wanted.push_back(clip);
        }
    }

    fn play(&mut self, voice: usize, note: Note) {
        let state = &mut *self.0.borrow_mut();
        if let (Some(graph), Some(buffer)) = (&mut state.graph, &state.ready[note.clip as usize])
            && graph.is_running()
        {
            // What the browser refuses stays unheard.
            let _ = graph.play(voice, note, buffer);
        }
    }

    fn set_loop(&mut self, clip: Clip, level: f32) {
        let state = &mut *self.0.borrow_mut();
        state.levels[clip as usize] = level;
        if let Some(gain) = state
            .graph
            .as_ref()
            .and_then(|graph| graph.loops[clip as usize].as_ref())
        {
            let _ = approach(gain, level, SMOOTHING);
        }
    }

    fn tick(&mut self) {
        let state = &mut *self.0.borrow_mut();
        if state.awake {
            state.make();
            state.start_loops();
        }
    }
}

impl State {
    /// Makes clips for a moment.
    fn make(&mut self) {
        if self.making.is_none() && self.wanted.is_empty() {
            return;
        }
        let begun = Instant::now();
        while begun.elapsed() < SHARE {
            let Some((clip, render)) = &mut self.making else {
                let Some(clip) = self.wanted.pop_front() else {
                    return;
                };
                self.making = Some((clip, Render::new(clip)));
                continue;
            };
            if let Some(pcm) = render.step() {
                self.ready[*clip as usize] = buffer(&pcm).ok();
                self.making = None;
            }
        }
    }

    /// Starts the loops that are ready, in silence, and takes them to their levels.
    fn start_loops(&mut self) {
        let Some(graph) = &mut self.graph else {
            return;
        };
        for clip in Clip::ALL.into_iter().filter(|clip| clip.is_loop()) {
            let index = clip as usize;
            if let (None, Some(buffer)) = (&graph.loops[index], &self.ready[index])
                && let Ok(gain) = graph.start_loop(buffer)
            {
                let _ = approach(&gain, self.levels[index], SMOOTHING);
                graph.loops[index] = Some(gain);
            }
        }
    }

    /// A player's gesture: from now on the browser lets us be heard.
    fn begin(&mut self) {
        if self.awake && !std::mem::replace(&mut self.tried, true) {
            match Graph::new() {
                Ok(graph) => self.graph = Some(graph),
                Err(_) => info!("no sound: this browser has no WebAudio"),
            }
        }
        self.settle();
    }

    /// Lets the context run while it may be heard, and rest while it may not.
    fn settle(&self) {
        let Some(graph) = &self.graph else {
            return;
        };
        let document = web_sys::window().and_then(|window| window.document());
        let is_seen = document.is_none_or(|document| !document.hidden());
        // The promises settle when the browser pleases; the next gesture asks again.
        let _ = match (self.awake && is_seen, graph.is_running()) {
            (true, false) => graph.context.resume(),
            (false, true) => graph.context.suspend(),
            _ => return,
        };
    }
}

impl Graph {
    fn new() -> Result<Self, JsValue> {
        let context = AudioContext::new()?;
        // A shaper takes what is between -1 and 1.
        let scale = context.create_gain()?;
        scale.gain().set_value(1.0 / LOUDEST);
        let shaper = context.create_wave_shaper()?;
        shaper.set_curve_opt_f32_slice(Some(&mut curve()));
        scale.connect_with_audio_node(&shaper)?;
        shaper.connect_with_audio_node(&context.destination())?;
        Ok(Self {
            context,
            end: scale.into(),
            voices: std::array::from_fn(|_| None),
            loops: std::array::from_fn(|_| None),
        })
    }

    fn is_running(&self) -> bool {
        self.context.state() == AudioContextState::Running
    }

    /// A source of this buffer behind a gain of this level.
    fn source(
        &self,
        buffer: &AudioBuffer,
        level: f32,
    ) -> Result<(AudioBufferSourceNode, GainNode), JsValue> {
        let source = self.context.create_buffer_source()?;
        source.set_buffer(Some(buffer));
        let gain = self.context.create_gain()?;
        gain.gain().set_value(level);
        source.connect_with_audio_node(&gain)?;
        Ok((source, gain))
    }

    fn play(&mut self, voice: usize, note: Note, buffer: &AudioBuffer) -> Result<(), JsValue> {
        let (source, gain) = self.source(buffer, note.gain)?;
        source.playback_rate().set_value(note.pitch);
        // Older Safaris have no panner: there, everything is in the middle.
        if let Ok(panner) = self.context.create_stereo_panner() {
            panner.pan().set_value(note.pan);
            gain.connect_with_audio_node(&panner)?;
            panner.connect_with_audio_node(&self.end)?;
        } else {
            gain.connect_with_audio_node(&self.end)?;
        }
        source.start()?;
        if let Some(slot) = self.voices.get_mut(voice)
            && let Some((old, gain)) = slot.replace((source, gain))
        {
            approach(&gain, 0.0, FADE)?;
            let old: &AudioScheduledSourceNode = &old;
            old.stop_with_when(self.context.current_time() + 10.0 * FADE)?;
        }
        Ok(())
    }

    fn start_loop(&self, buffer: &AudioBuffer) -> Result<GainNode, JsValue> {
        let (source, gain) = self.source(buffer, 0.0)?;
        source.set_loop(true);
        gain.connect_with_audio_node(&self.end)?;
        source.start()?;
        Ok(gain)
    }
}

/// [`limit`] from one end of what a shaper takes to the other; between two values it interpolates.
fn curve() -> [f32; 2 * HALF_CURVE + 1] {
    std::array::from_fn(|i| limit(LOUDEST * (i as f32 / HALF_CURVE as f32 - 1.0)))
}

/// Values of the curve on either side of silence, which has one of its own.
const HALF_CURVE: usize = 256;

/// Takes a gain to a level, in `seconds` by 63 %.
fn approach(gain: &GainNode, level: f32, seconds: f64) -> Result<(), JsValue> {
    let now = gain.context().current_time();
    gain.gain().set_target_at_time(level, now, seconds)?;
    Ok(())
}

/// A clip as the browser keeps it. It needs no context.
fn buffer(pcm: &Pcm) -> Result<AudioBuffer, JsValue> {
    let length = pcm.samples.len() as u32;
    let buffer = AudioBuffer::new(&AudioBufferOptions::new(length, pcm.rate as f32))?;
    buffer.copy_to_channel(&pcm.samples, 0)?;
    Ok(buffer)
}

/// Hears the page's gestures for as long as it lives, also those that the game takes: a browser
/// may interrupt the sound at any time, and the next gesture brings it back.
fn listen(state: &Rc<RefCell<State>>) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let options = AddEventListenerOptions::new();
    options.set_capture(true);
    options.set_passive(true);
    let add = |target: &EventTarget, name: &str, heard: &JsValue| {
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            name,
            heard.unchecked_ref(),
            &options,
        );
    };
    let gestured = state.clone();
    // One that comes while the game is at it, which no browser sends, is not missed for long.
    let on_gesture = Closure::<dyn Fn()>::new(move || {
        if let Ok(mut state) = gestured.try_borrow_mut() {
            state.begin();
        }
    })
    .into_js_value();
    for name in GESTURES {
        add(&window, name, &on_gesture);
    }
    let turned = state.clone();
    let on_turn = Closure::<dyn Fn()>::new(move || {
        if let Ok(state) = turned.try_borrow() {
            state.settle();
        }
    })
    .into_js_value();
    if let Some(document) = window.document() {
        add(&document, "visibilitychange", &on_turn);
    }
}
