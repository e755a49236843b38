//! How many files and connections this process may have open.

use super::Room;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For the store, its readers, logs, certificates and whatever else is not a caller's connection.
const OWN: u64 = 256;

/// Raises the limit to the most that the system allows, and gives the room for connections that it leaves on each of two
/// listeners. Where connections took all, neither the store nor a file of tokens could be opened again.
pub(super) fn room(wanted: Room) -> Room {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let room = fitting(wanted, current);
    if room != wanted {
        tracing::warn!(
            "this process may have {} files open, which leaves room for {} connections; raise it with `ulimit -n`",
            current.unwrap_or_default(),
            room.all
        );
    }
    room
}

/// None is no limit.
fn fitting(wanted: Room, files: Option<u64>) -> Room {
    let Some(files) = files else { return wanted };
    let left = files.saturating_sub(OWN).max(OWN / 4) / 2;
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    Room {
        all: wanted.all.min(left),
        each: wanted.each.min(left),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_coordinators_own_files() {
        let wanted = Room { all: 8192, each: 2048 };
        let room = |files| {
            let Room { all, each } = fitting(wanted, files);
            (all, each)
        };
        assert_eq!(room(None), (8192, 2048));
        assert_eq!(room(Some(1 << 20)), (8192, 2048));
        assert_eq!(room(Some(4096)), (1920, 1920));
        assert_eq!(room(Some(1024)), (384, 384));
        assert_eq!(room(Some(64)), (32, 32));
    }
}
