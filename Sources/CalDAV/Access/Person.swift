/// Somebody with a principal and a home, as the viewer stands to them.
struct Person {
    let user: UserRecord
    let isViewer: Bool
    /// What the viewer was granted on the home as a whole.
    var granted: Privileges = []
    /// What the viewer was granted on the home or on any of its calendars.
    var grantedWithin: Privileges = []

    /// The viewer themselves.
    init(viewer: UserRecord) {
        user = viewer
        isViewer = true
    }

    init(_ user: UserRecord, granted: Privileges, within: Privileges) {
        self.user = user
        isViewer = false
        self.granted = granted
        grantedWithin = within
    }
}
