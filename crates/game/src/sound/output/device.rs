//! The system's sound device.
//!
//! A thread of its own opens it, makes the clips, and looks after it when it goes: none of that
//! may hold up a picture. The device calls the [`Mixer`] on another one.

use super::{
    Note, Output,
    mixer::{Mixer, Shared},
};
use crate::sound::synth::{Clip, Render};
use bevy::log::{info, warn};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedBufferSize,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{
            Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, channel, sync_channel,
        },
    },
    thread,
    time::{Duration, Instant},
};

/// Notes that wait for the device's next call; further ones are not heard.
const MAX_NOTES: usize = 64;

/// Frames that the device asks for in one go, if it lets us choose: at 48 kHz 21 ms, of which it
/// keeps two. Less is heard sooner, and stutters where the processor is busy.
const BUFFER: u32 = 1_024;

/// Samples that are mixed in one go.
const SCRATCH: usize = 4_096;

/// How often the thread looks whether the device is still there.
const LOOK: Duration = Duration::from_secs(2);

/// Time until a device that is missing is looked for again.
const RETRY: Duration = Duration::from_secs(10);

/// What the thread is told.
enum Task {
    Awake(bool),
    Prepare(Clip),
}

/// The device, from the picture's side. The thread starts with the first thing to be heard.
#[derive(Default)]
pub struct Device(Option<Link>);

struct Link {
    shared: Arc<Shared>,
    notes: SyncSender<(usize, Note)>,
    tasks: Sender<Task>,
}

impl Device {
    fn tell(&self, task: Task) {
        if let Some(link) = &self.0 {
            // A thread that could not start hears nothing, and nothing is heard.
            let _ = link.tasks.send(task);
        }
    }
}

impl Output for Device {
    fn set_awake(&mut self, awake: bool) {
        if awake && self.0.is_none() {
            self.0 = Some(start());
        }
        self.tell(Task::Awake(awake));
    }

    fn prepare(&mut self, clip: Clip) {
        self.tell(Task::Prepare(clip));
    }

    fn play(&mut self, voice: usize, note: Note) {
        if let Some(link) = &self.0 {
            // Full without a device: then there is nothing to hear it by.
            let _ = link.notes.try_send((voice, note));
        }
    }

    fn set_loop(&mut self, clip: Clip, level: f32) {
        if let Some(link) = &self.0 {
            link.shared.set_level(clip, level);
        }
    }
}

/// Starts the thread; it ends when the link is dropped.
fn start() -> Link {
    let shared = Arc::new(Shared::default());
    let (notes, incoming) = sync_channel(MAX_NOTES);
    let (tasks, orders) = channel();
    let mixer = Arc::new(Mutex::new(Mixer::new(shared.clone(), incoming)));
    let keeper = Keeper {
        shared: shared.clone(),
        mixer,
        awake: false,
        wanted: VecDeque::new(),
        stream: None,
        lost: Arc::new(AtomicBool::new(false)),
        retry_at: Instant::now(),
        complained: false,
    };
    let spawned = thread::Builder::new()
        .name("sound".into())
        .spawn(move || keeper.run(&orders));
    if let Err(error) = spawned {
        warn!("no sound: its thread did not start: {error}");
    }
    Link {
        shared,
        notes,
        tasks,
    }
}

/// The thread's state.
struct Keeper {
    shared: Arc<Shared>,
    /// Only the device's own call takes the lock, but when a stream is opened.
    mixer: Arc<Mutex<Mixer>>,
    awake: bool,
    wanted: VecDeque<Clip>,
    stream: Option<Stream>,
    /// Set by the device when it is gone.
    lost: Arc<AtomicBool>,
    retry_at: Instant,
    /// Whether the player was told that there is no sound.
    complained: bool,
}

impl Keeper {
    fn run(mut self, orders: &Receiver<Task>) {
        loop {
            let task = if self.wanted.is_empty() {
                match orders.recv_timeout(LOOK) {
                    Ok(task) => Some(task),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                match orders.try_recv() {
                    Ok(task) => Some(task),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return,
                }
            };
            match task {
                Some(Task::Awake(awake)) => {
                    self.awake = awake;
                    self.retry_at = Instant::now();
                }
                Some(Task::Prepare(clip)) => self.wanted.push_back(clip),
                None => {}
            }
            self.keep();
            // The device first: what it lacks when it is there stays unheard for a moment.
            if let Some(clip) = self.wanted.pop_front() {
                self.shared.clips[clip as usize].get_or_init(|| Render::all(clip));
            }
        }
    }

    /// Opens the device when it is wanted, and closes it when it is not, or gone.
    fn keep(&mut self) {
        if !self.awake || self.lost.swap(false, Ordering::Relaxed) {
            self.stream = None;
        }
        if !self.awake || self.stream.is_some() || Instant::now() < self.retry_at {
            return;
        }
        match open(&self.mixer, &self.lost) {
            Ok(stream) => {
                self.stream = Some(stream);
                if std::mem::take(&mut self.complained) {
                    info!("there is sound again");
                }
            }
            Err(error) => {
                self.retry_at = Instant::now() + RETRY;
                if !std::mem::replace(&mut self.complained, true) {
                    info!("no sound: {error}");
                }
            }
        }
    }
}

/// Opens the default device and lets it run.
fn open(mixer: &Arc<Mutex<Mixer>>, lost: &Arc<AtomicBool>) -> Result<Stream, cpal::Error> {
    #[cfg(target_os = "linux")]
    let _quiet = alsa::Output::local_error_handler();
    let device = cpal::default_host()
        .default_output_device()
        .ok_or_else(|| cpal::Error::from(ErrorKind::DeviceNotAvailable))?;
    let supported = device.default_output_config()?;
    let format = supported.sample_format();
    let mut config = supported.config();
    if let SupportedBufferSize::Range { min, max } = *supported.buffer_size()
        && min <= max
    {
        config.buffer_size = BufferSize::Fixed(BUFFER.clamp(min, max));
    }
    let build = |config| match format {
        SampleFormat::F32 => build::<f32>(&device, config, mixer, lost),
        SampleFormat::I32 => build::<i32>(&device, config, mixer, lost),
        SampleFormat::U16 => build::<u16>(&device, config, mixer, lost),
        _ => build::<i16>(&device, config, mixer, lost),
    };
    let stream = build(config).or_else(|_| {
        build(StreamConfig {
            buffer_size: BufferSize::Default,
            ..config
        })
    })?;
    lock(mixer).hush();
    stream.play()?;
    Ok(stream)
}

fn build<T: SizedSample + FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mixer: &Arc<Mutex<Mixer>>,
    lost: &Arc<AtomicBool>,
) -> Result<Stream, cpal::Error> {
    let channels = usize::from(config.channels).max(1);
    let rate = config.sample_rate as f32;
    let mixer = mixer.clone();
    // Whole frames of any number of channels.
    let mut scratch = vec![0.0; SCRATCH.max(channels) / channels * channels];
    let fill = move |out: &mut [T], _: &cpal::OutputCallbackInfo| {
        let mut mixer = lock(&mixer);
        for part in out.chunks_mut(scratch.len()) {
            let mixed = &mut scratch[..part.len()];
            mixer.mix(mixed, channels, rate);
            for (to, from) in part.iter_mut().zip(mixed) {
                *to = T::from_sample(*from);
            }
        }
    };
    let lost = lost.clone();
    let fail = move |error: cpal::Error| {
        // A buffer that ran dry, another default device: the stream itself goes on.
        let goes_on = [
            ErrorKind::Xrun,
            ErrorKind::DeviceChanged,
            ErrorKind::RealtimeDenied,
        ];
        if !goes_on.contains(&error.kind()) {
            lost.store(true, Ordering::Relaxed);
        }
    };
    device.build_output_stream(config, fill, fail, Some(LOOK))
}

/// A mixer is never left half-done by a panic that its notes would notice.
fn lock(mixer: &Mutex<Mixer>) -> std::sync::MutexGuard<'_, Mixer> {
    mixer.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_with_or_without_a_device_takes_every_order() {
        let mut device = Device::default();
        let note = Note {
            clip: Clip::Click,
            gain: 0.0,
            pan: 0.0,
            pitch: 1.0,
        };
        device.play(0, note);
        device.set_awake(false);
        device.set_awake(true);
        device.prepare(Clip::Click);
        device.set_loop(Clip::Crowd, 0.0);
        for voice in 0..10 * MAX_NOTES {
            device.play(voice, note);
        }
        let shared = device.0.as_ref().map(|link| link.shared.clone()).unwrap();
        let clip = &shared.clips[Clip::Click as usize];
        let deadline = Instant::now() + Duration::from_secs(60);
        while clip.get().is_none() {
            assert!(Instant::now() < deadline, "the thread makes no clip");
            thread::yield_now();
        }
    }
}
