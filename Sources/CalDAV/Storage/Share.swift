/// What an owner grants to somebody, on one calendar or on a whole home.
package struct Share: Sendable, Equatable {
    package enum Grantee: Sendable, Hashable {
        /// By name, in the database's spelling.
        case user(String)
        /// Everybody who signs in.
        case authenticated
        /// Everybody, signed in or not.
        case all
    }

    /// `caldav_calendars.id`; nil for all of the owner's calendars.
    package var calendar: Int64?
    package var grantee: Grantee
    package var privileges: Privileges

    package init(calendar: Int64?, grantee: Grantee, privileges: Privileges) {
        self.calendar = calendar
        self.grantee = grantee
        self.privileges = privileges
    }
}

/// Somebody who grants something to the viewer.
package struct Sharer: Sendable {
    package var owner: String
    /// On the home as a whole.
    package var granted: Privileges
    /// On the home or on any calendar in it.
    package var grantedWithin: Privileges

    package init(owner: String, granted: Privileges, grantedWithin: Privileges) {
        self.owner = owner
        self.granted = granted
        self.grantedWithin = grantedWithin
    }
}

/// Texts by which people are looked for, each in lower case.
package struct PeopleQuery: Sendable {
    package var texts: [String]
    /// Whether one of the texts is enough.
    package var isAnyOf: Bool
    /// Whether a text has to be a whole name or address, not a part of one.
    package var isWhole: Bool

    package init(texts: [String], isAnyOf: Bool, isWhole: Bool) {
        self.texts = texts
        self.isAnyOf = isAnyOf
        self.isWhole = isWhole
    }
}
