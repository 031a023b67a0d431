//! Where a room is: the server to ask, the room's name there, and the link that leads others to it.

use super::Choice;
use crate::{args::Args, text::Trouble};
use bevy::prelude::*;
use netplay::signaling::{
    api::{ApiError, ServerUrl, list_rooms},
    entrance::{self, Entrance, Found},
};
use protocol::{
    api::{CreateRoom, RoomList, VersionTag, Visibility, parse_room_code},
    limits::{MAX_PEERS, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH},
};

/// A room on a server.
#[derive(Component, Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where we reach the server.
    pub server: ServerUrl,
    /// The room's code, or its name on a stock matchbox server.
    pub room: String,
    /// What others open or type to come here.
    pub link: String,
}

/// Where a room is looked for, and how it is called in links.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Where we reach it.
    ours: ServerUrl,
    /// How others do.
    theirs: String,
}

/// The server: the one that was named, else the page's, else one of our own.
pub fn servers(args: &Args, choice: &Choice) -> Result<Servers, Trouble> {
    let named = |address: &str| -> Result<Servers, Trouble> {
        let ours: ServerUrl = address.parse()?;
        Ok(Servers {
            theirs: ours.to_string(),
            ours,
        })
    };
    let linked = match choice {
        Choice::Join(text) => Invitation::of(text).server,
        _ => None,
    };
    if let Some(address) = linked.or(args.server.clone()) {
        return named(&address);
    }
    #[cfg(target_arch = "wasm32")]
    return named(&crate::web::server());
    #[cfg(not(target_arch = "wasm32"))]
    match choice {
        Choice::Create(_) => {
            let host = crate::hosting::host()?;
            Ok(Servers {
                ours: host.own_address().parse()?,
                theirs: host.address(),
            })
        }
        _ => named(&format!("127.0.0.1:{}", crate::hosting::DEFAULT_PORT)),
    }
}

/// What a player typed or opened to join a room: a code, a room's name, or a link to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    server: Option<String>,
    room: String,
}

/// Characters of a room's name. A stock matchbox server takes any; what is longer is cut.
const MAX_ROOM_NAME: usize = 64;

impl Invitation {
    /// Reads `QKX7PM`, `qkx 7pm`, `http://192.168.0.7:3536/#QKX7PM`.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let (server, room) = match text.split_once('#') {
            Some((server, room)) if !server.is_empty() => {
                // A page's address may hold a query, a server's does not.
                let server = server.split('?').next().unwrap_or_default();
                (Some(server.to_owned()), room)
            }
            Some((_, room)) => (None, room),
            None => (None, text),
        };
        let room =
            parse_room_code(room).unwrap_or_else(|| room.chars().take(MAX_ROOM_NAME).collect());
        Self { server, room }
    }

    /// Whether this names a room by its code, as our servers do.
    pub fn has_code(&self) -> bool {
        parse_room_code(&self.room).is_some()
    }
}

/// Finds or makes the room of rules of this version, and the way into it. On a stock matchbox server,
/// which has no rooms to find or make, its name is all it takes. `earlier` knows the ticket that this
/// player had for the room of an address.
pub async fn find(
    servers: Servers,
    choice: Choice,
    version: VersionTag,
    earlier: impl FnOnce(&str) -> Option<String>,
) -> Result<(Place, Found), Trouble> {
    let (found, name) = match &choice {
        Choice::Join(text) => {
            let room = Invitation::of(text).room;
            let earlier = earlier(&servers.ours.room(&room));
            let found =
                entrance::by_code(&servers.ours, &room, version, earlier.as_deref()).await?;
            (found, room)
        }
        Choice::Quick => {
            let entrance = Entrance::quick(&servers.ours, version, MAX_PEERS).await?;
            (Found::Created(entrance), String::new())
        }
        Choice::Create(visibility) => make(&servers.ours, *visibility, version).await?,
        // The others need no server.
        Choice::Practise | Choice::Learn | Choice::TwoScenes | Choice::Replay(_) => {
            make(&servers.ours, Visibility::Private, version).await?
        }
    };
    let room = match &found {
        Found::Created(entrance) => entrance.room().code.clone(),
        Found::Bare { .. } => name,
    };
    let link = format!("{}/#{room}", servers.theirs);
    let place = Place {
        server: servers.ours,
        room,
        link,
    };
    Ok((place, found))
}

/// A page of at most `limit` public rooms where players of this version's rules wait, after what an
/// earlier page gave as its `next`.
pub async fn list(
    servers: Servers,
    version: VersionTag,
    after: Option<String>,
    limit: usize,
) -> Result<RoomList, Trouble> {
    Ok(list_rooms(&servers.ours, &version, after.as_deref(), limit).await?)
}

/// Makes a room, or on a stock matchbox server invents one's name.
async fn make(
    server: &ServerUrl,
    visibility: Visibility,
    version: VersionTag,
) -> Result<(Found, String), ApiError> {
    let wanted = CreateRoom {
        visibility,
        capacity: MAX_PEERS,
        version,
        ..CreateRoom::default()
    };
    let name = invent_code();
    match Entrance::create(server, wanted).await {
        Ok(entrance) => Ok((Found::Created(entrance), name)),
        Err(ApiError::NotOurServer { .. }) => Ok((entrance::by_name(server, &name), name)),
        Err(error) => Err(error),
    }
}

/// A room's name that nobody else has by chance.
fn invent_code() -> String {
    let mut bits = uuid::Uuid::new_v4().as_u128();
    let symbols = ROOM_CODE_ALPHABET.len() as u128;
    std::iter::repeat_with(|| {
        let symbol = ROOM_CODE_ALPHABET[(bits % symbols) as usize];
        bits /= symbols;
        char::from(symbol)
    })
    .take(ROOM_CODE_LENGTH)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invitations_are_codes_names_or_links() {
        let of = |text: &str| {
            let Invitation { server, room } = Invitation::of(text);
            (server, room)
        };
        let code = || "QKX7PM".to_owned();
        assert_eq!(of(" qkx-7pm "), (None, code()));
        assert_eq!(of("#QKX7PM"), (None, code()));
        assert_eq!(
            of("http://192.168.0.7:3536/?name=A#QKX7PM"),
            (Some("http://192.168.0.7:3536/".into()), code())
        );
        assert_eq!(of("kitchen?next=2"), (None, "kitchen?next=2".into()));
        assert!(Invitation::of("qkx7pm").has_code() && !Invitation::of("kitchen").has_code());
        assert_eq!(of(&"x".repeat(9999)).1.len(), MAX_ROOM_NAME);
    }

    #[test]
    fn invented_codes_are_codes() {
        let code = invent_code();
        assert_eq!(parse_room_code(&code).as_deref(), Some(code.as_str()));
        assert_ne!(code, invent_code());
    }

    #[test]
    fn a_named_server_must_be_an_address() {
        let args = |server: &str| Args {
            server: Some(server.into()),
            ..Args::default()
        };
        assert!(servers(&args("ftp://nowhere"), &Choice::Quick).is_err());
        let servers = servers(&args("ws://10.0.0.1:3536/"), &Choice::Quick).unwrap();
        assert_eq!(servers.theirs, "http://10.0.0.1:3536");
    }
}
