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
                hash.add(HomeToken(of: try subject.calendarsOfHome()).text)
                writer.text(hash.text)
            }
            return true
        },
        .init(.calendarServer("email-address-set"), on: .principal) { subject, writer in
            guard let email = subject.person?.user.email, !email.isEmpty else { return false }
            writer.element(.calendarServer("email-address"), email)
            return true
        },
    ]

    /// Apple's own.
    static let apple: [PropertyDefinition] = [
        .init(
            .apple("calendar-color"), on: .calendar,
            change: { value, _ in [.color(value?.trimmedText)] },
            write: { subject, writer in
                guard let color = subject.calendar?.color else { return false }
                writer.text(color)
                return true
            }),
        .init(
            .apple("calendar-order"), on: .calendar,
            change: { value, _ in
                let name = XMLName.apple("calendar-order")
                guard let value else {
                    return [.remove(namespace: name.namespace, name: name.local)]
                }
                return [
                    .store(namespace: name.namespace, name: name.local, xml: value.serialized())
                ]
            },
            write: { subject, writer in
                subject.writeStored(.apple("calendar-order"), to: writer)
            }),
    ]
}
