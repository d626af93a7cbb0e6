package import ICalendar

/// Somebody who may sign in, as the CRM knows them.
package struct UserRecord: Sendable {
    /// The database's spelling, which every path and `caldav_calendars.user_id` uses.
    package var name: String
    /// A PHP `password_hash` or crypt(3) string.
    package var passwordHash: [UInt8]
    package var email: String?
    package var displayName: String?
    /// The cloud id of somebody of another server, with whom a calendar is shared.
    package private(set) var guest: String?

    /// Who asks without signing in: their name is nobody's, since it is empty.
    package static let nobody = UserRecord(
        name: "", passwordHash: [], email: nil, displayName: nil)

    /// Nobody of ours, whatever their name there: a cloud id may read like a user name.
    package static func guest(_ cloudID: String) -> UserRecord {
        var user = nobody
        user.guest = cloudID
        return user
    }

    /// Who did it, for records of what was done.
    package var actor: String { guest ?? name }

    package var isNobody: Bool { name.isEmpty }

    package init(name: String, passwordHash: [UInt8], email: String?, displayName: String?) {
        self.name = name
        self.passwordHash = passwordHash
        self.email = email
        self.displayName = displayName
    }
}

/// A calendar collection (RFC 4791 §4.2).
package struct CalendarRecord: Sendable {
    /// `caldav_calendars.id`
    package var id: Int64
    package var owner: String
    /// The last segment of its path.
    package var uri: String
    package var displayName: String
    package var description: String?
    /// As the client wrote it, such as `#RRGGBB` or `#RRGGBBAA`.
    package var color: String?
    /// IANA name of the zone in which floating and all-day times are meant.
    package var timeZone: String
    /// Upper case names of the component types it takes (RFC 4791 §5.2.3).
    package var components: [String]
    /// The number of its latest change; a sync token and the ctag are made of it.
    package var revision: Int64
    /// The lowest revision a sync token may name.
    package var floor: Int64
    /// Revisions that a crash of the database may have taken back after clients saw them; a token
    /// may name neither.
    package var lost: Range<Int64> = 0..<0
    /// The default calendar and owners' calendars, which no client may delete.
    package var isProtected: Bool
    /// False where it is known that no properties are stored for it.
    package var mayHaveStored = true
    /// Whether its objects are tasks of the CRM's.
    package var isMirrored = false
    /// Whether it stands for one that clients fetch from elsewhere, and has no objects.
    package var isSubscribed = false
    /// Seconds since 1970, UTC; nil where it is not known.
    package var created: Int64?
    /// What was granted to the viewer, who is not the owner.
    package var granted: Privileges = []
    /// The owner's address, where the viewer is somebody else.
    package var ownerEmail: String?

    package init(
        id: Int64, owner: String, uri: String, displayName: String, description: String?,
        color: String?, timeZone: String, components: [String], revision: Int64, floor: Int64,
        isProtected: Bool
    ) {
        self.id = id
        self.owner = owner
        self.uri = uri
        self.displayName = displayName
        self.description = description
        self.color = color
        self.timeZone = timeZone
        self.components = components
        self.revision = revision
        self.floor = floor
        self.isProtected = isProtected
    }

    /// Whether a sync token that names a revision tells everything that has changed since.
    package func knows(_ revision: Int64) -> Bool {
        revision >= floor && revision <= self.revision && !lost.contains(revision)
    }
}

/// A calendar object resource (RFC 4791 §4.1) with its text.
package struct ObjectRecord: Sendable {
    package var name: String
    /// Upper case, such as `VEVENT`.
    package var component: String
    /// Without quotes.
    package var etag: String
    /// Bytes of the text.
    package var size: Int64
    /// Seconds since 1970, UTC.
    package var modified: Int64
    package var created: Int64
    /// The text; empty where it was not asked for.
    package var content: [UInt8]

    package init(
        name: String, component: String, etag: String, size: Int64, modified: Int64,
        created: Int64, content: [UInt8]
    ) {
        self.name = name
        self.component = component
        self.etag = etag
        self.size = size
        self.modified = modified
        self.created = created
        self.content = content
    }
}

/// One object of a listing, lent by the cursor that made it: its bytes are valid until the cursor
/// moves or ends.
package struct ObjectRow {
    package var name: UnsafeRawBufferPointer
    /// Upper case, such as `VEVENT`.
    package var component: UnsafeRawBufferPointer
    /// Without quotes.
    package var etag: UnsafeRawBufferPointer
    package var size: Int64
    /// Seconds since 1970, UTC.
    package var modified: Int64
    package var created: Int64
    /// The text; empty where it was not asked for, and for a removed object.
    package var content: UnsafeRawBufferPointer
    /// Whether a report of changes says that the object is no longer there (RFC 6578 §3.5.2); then
    /// only `name` and `revision` are set.
    package var isRemoved: Bool
    /// The number of the object's latest change.
    package var revision: Int64
    /// `caldav_calendars.id`; 0 in a listing of one calendar.
    package var calendar: Int64 = 0
    /// Where the store knows that the object is such an event; only in what `overlapping` and `busy`
    /// select.
    package var soleInstance: SoleInstance?

    package init(
        name: UnsafeRawBufferPointer, component: UnsafeRawBufferPointer,
        etag: UnsafeRawBufferPointer, size: Int64, modified: Int64, created: Int64,
        content: UnsafeRawBufferPointer, isRemoved: Bool, revision: Int64,
        soleInstance: SoleInstance? = nil
    ) {
        self.name = name
        self.component = component
        self.etag = etag
        self.size = size
        self.modified = modified
        self.created = created
        self.content = content
        self.isRemoved = isRemoved
        self.revision = revision
        self.soleInstance = soleInstance
    }
}

/// A property that the store keeps without knowing its meaning (RFC 4918 §4.4).
package struct StoredProperty: Sendable {
    /// `caldav_calendars.id`; 0 for one of another place.
    package var calendar: Int64
    /// Nil for one of a calendar.
    package var place: StoredPlace?
    package var namespace: String
    package var name: String
    /// The whole property element as XML, with every namespace it needs declared on it.
    package var xml: [UInt8]

    package init(calendar: Int64, namespace: String, name: String, xml: [UInt8]) {
        self.calendar = calendar
        self.namespace = namespace
        self.name = name
        self.xml = xml
    }
}

/// A change of one property of a collection; several are made all together or not at all.
package enum CalendarChange: Sendable {
    case displayName(String)
    case description(String?)
    case color(String?)
    /// IANA name.
    case timeZone(String)
    /// Upper case component names; only while a calendar is made (RFC 4791 §5.2.3).
    case components([String])
    /// It is to stand for a calendar elsewhere; only while it is made.
    case subscribed
    /// - Parameter isViewers: whether each viewer has a value of their own.
    case store(namespace: String, name: String, xml: [UInt8], isViewers: Bool = false)
    case remove(namespace: String, name: String, isViewers: Bool = false)

    package var isForViewer: Bool {
        switch self {
        case .store(_, _, _, let isViewers), .remove(_, _, let isViewers): isViewers
        default: false
        }
    }
}

/// A secret address of a calendar's feed (`feed/TOKEN.ics`), as its owner may see it again.
package struct FeedRecord: Sendable {
    package var id: Int64
    package var owner: String
    /// Of the calendar.
    package var uri: String
    /// What it was made for, as its owner wrote it.
    package var label: String
    /// Seconds since 1970, UTC.
    package var created: Int64

    package init(id: Int64, owner: String, uri: String, label: String, created: Int64) {
        self.id = id
        self.owner = owner
        self.uri = uri
        self.label = label
        self.created = created
    }
}

/// A secret address that was just made.
package struct NewFeed: Sendable {
    package var feed: FeedRecord
    /// Never to be had again.
    package var token: String

    package init(feed: FeedRecord, token: String) {
        self.feed = feed
        self.token = token
    }
}
