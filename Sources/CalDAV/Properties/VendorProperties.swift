import ICalendar
import WebDAV
import XML

extension PropertyTable {
    /// What Apple's Calendar Server brought and all clients use.
    static let calendarServer: [PropertyDefinition] = [
        .init(.calendarServer("getctag"), on: [.home, .calendar]) { subject, writer in
            if let calendar = subject.calendar {
                writer.text(SyncToken(revision: calendar.revision).text)
            } else {
                // Another one after any change in any of the calendars.
                var hash = FNV1a()
                hash.add(HomeToken(of: try subject.membersOfHome()).text)
                writer.text(hash.text)
            }
            return true
        },
        .init(.calendarServer("email-address-set"), on: .principal) { subject, writer in
            guard let email = subject.person?.user.email, !email.isEmpty else { return false }
            writer.element(.calendarServer("email-address"), email)
            return true
        },
        .init(.calendarServer("notification-URL"), on: .principal) { subject, writer in
            guard let user = subject.person?.user else { return false }
            writer.element(
                .dav("href"), subject.context.paths.place(.notifications, of: user.name))
            return true
        },
        // Of a subscription, which its clients fetch by themselves.
        .stored(.calendarServer("source"), on: .calendar),
        .stored(.calendarServer("subscribed-strip-todos"), on: .calendar),
        .stored(.calendarServer("subscribed-strip-alarms"), on: .calendar),
        .stored(.calendarServer("subscribed-strip-attachments"), on: .calendar),
        .stored(.apple("refreshrate"), on: .calendar),
        proxyFor("calendar-proxy-read-for", .read),
        proxyFor("calendar-proxy-write-for", .write),
    ]

    /// Whose calendars the principal may read or write (caldav-proxy §5.3): of all who grant it
    /// something, be it a single calendar, since that is how clients find what is shared with them.
    private static func proxyFor(_ name: String, _ level: ProxyLevel) -> PropertyDefinition {
        .init(.calendarServer(name), on: .principal) { subject, writer in
            guard subject.person?.isViewer == true else { return true }
            for sharer in try subject.context.sharers()
            where ProxyLevel(sharer.grantedWithin) == level {
                writer.element(.dav("href"), subject.context.paths.principal(sharer.owner))
            }
            return true
        }
    }

    /// Apple's own, and ownCloud's: how each viewer wants to see a calendar.
    static let apple: [PropertyDefinition] = [
        .init(
            .apple("calendar-color"), on: .calendar, usesStored: true, isViewers: true,
            change: ViewersColor.change,
            write: { subject, writer in
                guard let calendar = subject.calendar else { return false }
                if !subject.context.isOwner(of: calendar),
                    try subject.writeStored(ViewersColor.name, to: writer)
                {
                    return true
                }
                guard let color = calendar.color else { return false }
                writer.text(color)
                return true
            }),
        .stored(.apple("calendar-order"), on: .calendar, isViewers: true),
        .stored(.ownCloud("calendar-enabled"), on: .calendar, isViewers: true),
        .stored(.caldav("default-alarm-vevent-datetime"), on: [.home, .calendar], isViewers: true),
        .stored(.caldav("default-alarm-vevent-date"), on: [.home, .calendar], isViewers: true),
        .stored(.caldav("default-alarm-vtodo-datetime"), on: [.home, .calendar], isViewers: true),
        .stored(.caldav("default-alarm-vtodo-date"), on: [.home, .calendar], isViewers: true),
        // Of calendars, Apple says it by YES or NO, and shows an error where that is refused.
        .stored(.caldav("calendar-free-busy-set"), on: [.home, .inbox, .calendar]),
    ]
}

/// A calendar's colour: the owner's is the calendar's own, everybody else may have another for
/// themselves.
enum ViewersColor {
    static let name = XMLName.apple("calendar-color")

    static let change: PropertyDefinition.Setter = { value, owner throws(RequestError) in
        if owner.isOwn { return [.color(value?.trimmedText)] }
        return [value.map { .store($0, isViewers: true) } ?? .remove(name, isViewers: true)]
    }
}
