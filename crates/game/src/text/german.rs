//! German.

use super::{
    Chat, Common, Credits, Lab, Lesson, Menu, NetGraph, Play, Room, Rooms, Settings, Spoken, Title,
    Trouble, Words, named, trouble::sentence,
};
use crate::lab::dial::Part;
use netplay::{
    replay::ReplayError,
    session::{BanReason, Failure, Notice},
    signaling::api::ApiError,
    transport::Outage,
};
use protocol::{api::ProblemCode, peer::RefusalReason};

pub(super) static WORDS: Words = Words {
    common: Common {
        back: "Zurück",
        settings: "Einstellungen",
        away: "abwesend",
        slow: "langsam",
        no_server: "Bis der Server zurück ist, kann niemand Neues dazukommen",
        server_lost: "Die Verbindung zum Server ist weg: niemand Neues kann dazukommen",
        room_closed: "Der Raum wurde geschlossen: niemand Neues kann dazukommen",
        somebody: "Jemand",
    },
    title: Title {
        name: "Name",
        quick_match: "Sofort spielen",
        new_room: "Neuer Raum",
        join: "Beitreten",
        code_hint: "zu Freunden: den Code ihres Raums eingeben",
        no_code: "ein Code hat sechs Buchstaben und Ziffern, etwa QKX7PM",
        open_rooms: "Offene Räume",
        practise: "Üben",
        two_scenes: "Zwei Szenen",
        last_match: "Letztes Spiel",
        credits: "Mitwirkende",
        put_aside: |place| {
            format!(
                "Deine Einstellungen waren nicht lesbar und beginnen neu. Was dort stand, liegt \
                 noch hier: {place}"
            )
        },
        one_moment: "Einen Moment",
        finding_company: "suche Gesellschaft",
        opening_room: "öffne einen Raum",
        finding_room: "suche den Raum",
        calling_bot: "rufe einen Bot",
        scenes_meet: "die Szenen finden zueinander",
        opening_replay: "öffne die Aufzeichnung",
        try_again: "Noch einmal",
    },
    rooms: Rooms {
        nobody: "Gerade wartet hier niemand. Öffne einen Raum: andere finden ihn.",
        look_again: "Neu laden",
        more: "Mehr Räume",
        new: "Offener Raum",
        line: |code, peers, capacity| format!("{code}   {peers} von {capacity}"),
    },
    room: Room {
        room: "Raum",
        get_ready: "Mach dich bereit",
        ready: "Bereit",
        copy_link: "Link kopieren",
        lock: "Raum schließen",
        unlock: "Raum öffnen",
        you: "du",
        is_ready: "bereit",
        not_ready: "nicht bereit",
        here_can_play: "wer da ist, kann spielen",
        locked_alone: "der Raum ist geschlossen: niemand Neues kommt herein",
        share: "gib den Code weiter: ihr spielt, sobald jemand da ist",
        play_meanwhile: "Solange gegen Bots",
        press_ready: "drücke „Bereit“, wenn du es bist",
        here_we_go: "los geht’s",
        wait_for_others: "warte auf die anderen",
        my_team: |team| format!("Dein Team: {}", team.unwrap_or("egal")),
    },
    play: Play {
        bot: "Bot",
        bots: |number| format!("{number} Bots"),
        bot_for: |name| format!("Bot für {name}"),
        waiting: "Warten",
        menu: "Menü",
        no_server: "kein Server",
        nobody_new: "niemand Neues kann dazukommen",
        watching: "zuschauen",
        sitting_out: "ein Bot spielt für dich, bis dein Spiel wieder mithält",
        in_memory: "kein Netz: Begegnung im Speicher, nicht über WebRTC",
        draw: "Gleichstand",
        you_win: "Gewonnen",
        you_lose: "Verloren",
        wins: |side| format!("{side} gewinnt"),
        rematch: "Noch einmal",
        no_rematch: "Doch nicht",
        join_match: "Mitspielen",
        want_again: |names, all| match names {
            [name] => format!("{name} will noch einmal spielen (1 von {all})"),
            names => {
                let told = names.join(", ");
                format!(
                    "{told} wollen noch einmal spielen ({} von {all})",
                    names.len()
                )
            }
        },
        others_play: "die anderen spielen wieder: du kannst dazukommen",
        drops_in: |name| format!("{name} spielt jetzt mit"),
        ping: "Ping",
        watch_replay: "Aufzeichnung ansehen (R)",
        pause: "Pause",
        resume: "Weiter",
        replay_keys: "Pause Leertaste   Suche links und rechts   Tempo auf und ab   zurück Esc",
    },
    chat: Chat {
        chat: "Chat",
        emotes: ["Stark!", "Wow!", "Sorry!", "Danke!"],
        mute: "Stumm",
        unmute: "Hören",
        players: "Mitspieler",
        nobody_else: "Sonst ist niemand hier.",
    },
    lesson: Lesson {
        skip: "Überspringen",
        begin: "Spielen lernen",
    },
    lab: Lab {
        part: |part| match part {
            Part::Latency => "Laufzeit",
            Part::Jitter => "Schwankung",
            Part::Loss => "Verlust",
            Part::Delay => "Verzögerung",
        },
        value: |part, value| match part {
            Part::Latency | Part::Jitter => format!("+{value} ms"),
            Part::Loss => format!("{value} %"),
            Part::Delay if value == 1 => "1 Bild".into(),
            Part::Delay => format!("{value} Bilder"),
        },
        presets: ["Nichts", "LAN", "Daheim", "Weit weg", "Furchtbar"],
        fold: "Netz verbergen (N)",
        unfold: |latency, loss| format!("Netz: {latency} ms, {loss} %"),
        confirmed: "sicher",
        predicted: "vermutet",
        made_again: "berichtigt",
        scene: |predicted, rollbacks, rtt| {
            let rtt = rtt.map_or(String::new(), |rtt| format!("   {rtt:.0} ms"));
            format!("{predicted} vermutet   {rollbacks} Rollbacks/s{rtt}")
        },
    },
    net_graph: NetGraph {
        pictures: |mean, longest| format!("Bild {mean:.1} ms, längstes {longest:.1} ms"),
        predicted: |frames| format!("{frames} Schritte vermutet"),
        rollbacks: |rollbacks, again| format!("{rollbacks} Rollbacks/s, {again} Schritte erneut/s"),
        loss: "Verlust",
        direct: "direkt",
        relayed: "über Relais",
        memory: "im Speicher",
        unknown: "Weg unbekannt",
        copy: "Diagnose kopieren",
    },
    settings: Settings {
        overall: "Lautstärke",
        effects: "Geräusche",
        music: "Musik",
        language_name: "Deutsch",
        language: "Sprache",
        quality: "Bild",
        qualities: ["Automatisch", "Einfach", "Voll"],
        reduced_motion: "Weniger Bewegung",
        high_contrast: "Hoher Kontrast",
        hide_chat: "Ohne Chat",
        left_handed: "Linkshändig",
        full_screen: "Vollbild",
        on: "An",
        off: "Aus",
    },
    menu: Menu {
        heading: "Menü",
        no_pause: "Das Spiel geht weiter, denn andere spielen. Du stehst solange still.",
        resume: "Weiterspielen",
        leave: "Spiel verlassen",
    },
    spoken: Spoken {
        language: "de",
        title: "Titel",
        room: "Raum",
        playing: "Spiel",
        result: "Ergebnis",
        watching: "Aufzeichnung",
        failure: "Störung",
    },
    credits: Credits {
        heading: "Mitwirkende",
        game: concat!(
            protocol::title!(),
            " ist freie Software unter der MIT-Lizenz oder der Apache-Lizenz 2.0: jeder darf sie \
             lesen, ändern und weitergeben."
        ),
        engine: "Gemacht mit Bevy, in Rust. Die Spieler finden sich über matchbox und WebRTC.",
        font: "Schrift: Exo 2, von The Exo 2 Project Authors, unter der SIL Open Font License 1.1.",
        rest: "Alle Formen, Lichter und Klänge entstehen aus Formeln dieses Projekts. Die Lizenzen \
               aller Teile liegen bei den Quellen.",
    },
    notice,
    outage,
    heading,
    trouble,
};

/// In place of a reason that nobody gave.
const SILENCE: &str = "Niemand sagte warum";

fn heading(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Session(failure) => match failure {
            Failure::Signaling(_) | Failure::Unreachable(_) => "Keine Verbindung",
            Failure::Refused { .. } => "Nicht eingelassen",
            Failure::Desync(_) => "Aus dem Takt",
            Failure::Internal(_) => "Kein Spiel möglich",
            Failure::Left => "Gegangen",
        },
        Trouble::Api(ApiError::Unreachable { .. } | ApiError::NotOurServer { .. }) => "Kein Server",
        Trouble::Api(ApiError::Problem(problem)) => match problem.code {
            ProblemCode::NoSuchRoom => "Kein solcher Raum",
            ProblemCode::RoomFull => "Raum voll",
            ProblemCode::RoomSealed => "Raum geschlossen",
            ProblemCode::WrongVersion => "Andere Version",
            _ => "Server sagt nein",
        },
        Trouble::Address(_) => "Keine Adresse",
        Trouble::Hosting(_) => "Kein eigener Raum",
        Trouble::Replay(error) => match error {
            ReplayError::Foreign | ReplayError::TooLong(_) => "Keine Aufzeichnung",
            ReplayError::Truncated { .. } | ReplayError::Corrupt(_) => "Beschädigt",
            ReplayError::Version(_) | ReplayError::Rules(_) => "Andere Version",
        },
        Trouble::File(_) => "Nicht lesbar",
    }
}

fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Session(failure) => session(failure),
        Trouble::Api(error) => api(error),
        Trouble::Address(_) => {
            "Das ist keine Adresse eines Servers. Eine sieht so aus: ws://192.168.0.7:3536."
                .to_owned()
        }
        Trouble::Hosting(why) => {
            format!("Dieser Rechner konnte keinen Raum für andere öffnen: {why}.")
        }
        Trouble::Replay(error) => {
            let why = match error {
                ReplayError::Foreign => "sie ist keine Aufzeichnung.",
                ReplayError::TooLong(_) => "sie ist länger als jede Aufzeichnung.",
                ReplayError::Truncated { .. } => "ihr Ende fehlt.",
                ReplayError::Corrupt(_) => "sie ist beschädigt.",
                ReplayError::Version(_) => "eine andere Version des Spiels hat sie geschrieben.",
                ReplayError::Rules(_) => "gespielt wurde nach anderen Regeln.",
            };
            format!("Diese Datei lässt sich nicht abspielen: {why}")
        }
        Trouble::File(why) => format!(
            "Die Datei ließ sich nicht lesen: {}",
            sentence(why, SILENCE)
        ),
    }
}

fn session(failure: &Failure) -> String {
    match failure {
        Failure::Signaling(why) => {
            let why = outage(why);
            format!("{why} Prüfe Netz und Adresse, dann versuche es noch einmal.")
        }
        Failure::Refused { reason, detail } => {
            let why = match reason {
                RefusalReason::ProtocolVersion | RefusalReason::Rules => {
                    "Die anderen spielen eine andere Version. Ladet auf beiden Seiten die Seite neu, \
                     oder aktualisiert das Spiel."
                }
                RefusalReason::RoomFull => "Alle Plätze in diesem Raum sind besetzt.",
            };
            if detail.is_empty() {
                why.to_owned()
            } else {
                format!("{why} ({detail})")
            }
        }
        Failure::Unreachable(name) => format!(
            "{} ist im Raum, aber eine Verbindung kam nicht zustande: eines eurer Netze lässt \
             nichts durch. Versuche ein anderes Netz.",
            named(name, &WORDS)
        ),
        Failure::Internal(why) => {
            format!("Hier kann kein Spiel laufen: {}", sentence(why, SILENCE))
        }
        Failure::Desync(frame) => format!(
            "Die Spiele der Spieler gehen seit Schritt {frame} auseinander, so geht es nicht gerecht \
             weiter. Spielt neu, und meldet es bitte, wenn es wieder geschieht."
        ),
        Failure::Left => "Du hast den Raum verlassen.".to_owned(),
    }
}

fn api(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable { server, .. } => format!(
            "Der Server {server} antwortet nicht. Prüfe Adresse und Netz; Üben und zwei Szenen gehen \
             auch ohne ihn."
        ),
        ApiError::NotOurServer { server, .. } => {
            format!(
                concat!("Was unter {} antwortet, ist kein Server für ", protocol::title!(), "."),
                server
            )
        }
        ApiError::Problem(problem) => match problem.code {
            ProblemCode::NoSuchRoom => {
                "Kein Raum hat diesen Code. Räume enden, wenn alle gegangen sind: frage nach einem neuen."
                    .to_owned()
            }
            ProblemCode::RoomFull => "Alle Plätze in diesem Raum sind besetzt.".to_owned(),
            ProblemCode::ServerFull => {
                "Der Server hat gerade keinen Raum mehr frei. Versuche es in einer Minute wieder.".to_owned()
            }
            ProblemCode::ShuttingDown => {
                "Der Server startet neu. Versuche es in einer Minute wieder.".to_owned()
            }
            ProblemCode::BadRequest => {
                format!(
                    "Der Server hat das nicht verstanden: {}",
                    sentence(&problem.title, SILENCE)
                )
            }
            ProblemCode::RoomSealed => {
                "Wer den Raum führt, lässt niemand Neues herein. Bitte darum, oder spiele anderswo."
                    .to_owned()
            }
            ProblemCode::WrongVersion => {
                "Im Raum gilt eine andere Version. Ladet auf beiden Seiten die Seite neu, oder \
                 aktualisiert das Spiel."
                    .to_owned()
            }
            ProblemCode::TooManyRequests => {
                "Das war etwas zu oft. Warte einige Sekunden und versuche es wieder.".to_owned()
            }
            ProblemCode::BadTicket | ProblemCode::TicketRequired => {
                "Der Server lässt in diesen Raum nur, wer ihn zuerst gefragt hat. Tritt dem Raum noch \
                 einmal bei."
                    .to_owned()
            }
            ProblemCode::NotOwner => {
                "Das darf nur, wer am längsten im Raum ist.".to_owned()
            }
            ProblemCode::ForbiddenOrigin => {
                "Der Server nimmt von dieser Seite niemanden an. Öffne seine eigene Seite.".to_owned()
            }
            ProblemCode::Unavailable => {
                "Der Server findet seine Räume gerade nicht. Versuche es in einer Minute wieder.".to_owned()
            }
            ProblemCode::Unknown => sentence(&problem.title, SILENCE),
        },
    }
}

fn notice(notice: &Notice) -> String {
    let named = |name| named(name, &WORDS);
    match notice {
        Notice::Left(name) => format!("{} ist gegangen", named(name)),
        Notice::Gone(name) => format!("{} ist weg", named(name)),
        Notice::Back(name) => format!("{} ist wieder da", named(name)),
        Notice::Silent(name) => format!("{} ist verstummt", named(name)),
        Notice::Unreachable(name) => format!("{} war nicht zu erreichen", named(name)),
        Notice::Banned { name, reason } => {
            let why = match reason {
                BanReason::Flooding => "zu viel gesendet",
                BanReason::Chatting => "den Chat überflutet",
                BanReason::Malformed => "gesendet, was kein Spiel sendet",
                BanReason::Forging => "das Spiel gefälscht",
            };
            format!("{} musste gehen: {why}", named(name))
        }
        Notice::Unfit { name, reason, .. } => match reason {
            RefusalReason::ProtocolVersion => {
                format!("{} hat eine andere Version des Spiels", named(name))
            }
            RefusalReason::Rules => format!("{} spielt nach anderen Regeln", named(name)),
            RefusalReason::RoomFull => {
                format!("{} findet keinen Platz: der Raum ist voll", named(name))
            }
        },
        Notice::Differed(_) => "Bei jemandem ging das Spiel fehl und wird berichtigt".into(),
        Notice::Replaced(_) => "Dein Spiel ging fehl und wird berichtigt".into(),
        Notice::BotPlays => "Ein Bot spielt für dich, bis du wieder mitkommst".into(),
        Notice::Deserted => "Alle, die spielten, sind weg".into(),
        Notice::Missed => "Das Spiel endete, während ihm nicht zu folgen war".into(),
        Notice::CannotStart(_) => "Mit diesen Optionen kann das Spiel nicht beginnen".into(),
        Notice::NoEntry => "Das Spiel ist zu groß für Neue".into(),
        Notice::TooMuchSaid => "Nicht so schnell: das wurde nicht gesendet".into(),
    }
}

fn outage(outage: &Outage) -> String {
    match outage {
        Outage::BadAddress(_) => "Die Adresse des Servers ist keine.".into(),
        Outage::Unreachable(_) => "Der Server ist nicht zu erreichen.".into(),
        Outage::Silent => "Der Server antwortet nicht.".into(),
        Outage::Http(status) => format!("Der Server lehnt ab: HTTP-Status {status}."),
        Outage::Problem(problem) => api(&ApiError::Problem(problem.clone())),
        Outage::NoWelcome => "Der Server antwortet, ist aber keiner für dieses Spiel.".into(),
        Outage::Renamed => "Der Server kennt dich nicht mehr.".into(),
        Outage::RoomClosed => "Wer den Raum führt, hat ihn geschlossen.".into(),
        Outage::Lost => {
            "Die Verbindung zum Server ist abgerissen. Tritt dem Raum noch einmal bei.".into()
        }
        Outage::RoomFull => "Alle Plätze in diesem Raum sind besetzt.".into(),
        Outage::NoRelay => "Dieser Server hat kein Relais, und ohne eines sähen die anderen deine \
                            Adresse. Erlaube direkte Verbindungen, oder spiele auf einem anderen \
                            Server."
            .into(),
        Outage::Nobody => "Niemand hat rechtzeitig geantwortet.".into(),
        Outage::Other(why) => sentence(why, SILENCE),
    }
}
