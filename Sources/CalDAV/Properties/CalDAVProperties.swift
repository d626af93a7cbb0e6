import WebDAV
import XML

extension PropertyTable {
    /// RFC 4791 §5.2, §6.2 and §7.5.1, RFC 6638 §2.4.1 and §9.1, RFC 7809 §5.2.
    static let caldav: [PropertyDefinition] = [
        .init(
            .caldav("calendar-description"), on: .calendar,
            change: { value, _ in [.description(value?.text)] },
            write: { subject, writer in
                guard let description = subject.calendar?.description else { return false }
                writer.text(description)
                return true
            }),
        .init(
            .caldav("calendar-timezone"), on: .calendar, usesStored: true,
            change: Timezone.change,
            write: { subject, writer in
                if try subject.writeStored(.caldav("calendar-timezone"), to: writer) { return true }
                guard let definition = Timezone.definition(for: subject) else { return false }
                definition.withUnsafeBytes { writer.text($0) }
                return true
            }),
        .init(
            .caldav("calendar-timezone-id"), on: .calendar, change: Timezone.changeID,
            write: { subject, writer in
                guard let zone = subject.calendar?.timeZone else { return false }
                writer.text(zone)
                return true
            }),
        .init(
            .caldav("supported-calendar-component-set"), on: .calendar, isFixedAtCreation: true,
            change: ComponentSet.change,
            write: { subject, writer in
                ComponentSet.write(subject.calendar?.components ?? [], to: writer)
                return true
            }),
        .init(.caldav("supported-calendar-component-sets"), on: .home) { _, writer in
            // Any choice of them may be made into a calendar.
            for component in ComponentSet.supported {
                writer.element(.caldav("supported-calendar-component-set")) {
                    ComponentSet.write([component], to: writer)
                }
            }
            return true
        },
        .init(.caldav("supported-calendar-data"), on: [.calendar, .home]) { _, writer in
            for format in CalendarFormat.allCases {
                writer.start(.caldav("calendar-data"))
                writer.attribute("content-type", format.mediaType)
                writer.attribute("version", "2.0")
                writer.end(.caldav("calendar-data"))
            }
            return true
        },
        .init(.caldav("supported-collation-set"), on: [.calendar, .home]) { _, writer in
            for collation in Collation.allCases {
                writer.element(.caldav("supported-collation"), collation.rawValue)
            }
            return true
        },
        .init(.caldav("max-resource-size"), on: [.calendar, .home]) { subject, writer in
            writer.text(Int64(subject.context.settings.maxResourceSize))
            return true
        },
        .init(.caldav("min-date-time"), on: .calendar) { _, writer in
            writer.text(DateLimits.min)
            return true
        },
        .init(.caldav("max-date-time"), on: .calendar) { _, writer in
            writer.text(DateLimits.max)
            return true
        },
        .init(.caldav("max-instances"), on: .calendar) { subject, writer in
            writer.text(Int64(subject.context.settings.maxInstances))
            return true
        },
        .init(.caldav("max-attendees-per-instance"), on: .calendar) { subject, writer in
            writer.text(Int64(subject.context.settings.maxAttendeesPerInstance))
            return true
        },
        .stored(
            .caldav("schedule-calendar-transp"), on: .calendar, isViewers: true,
            check: Transparency.check,
            absent: { _, writer in
                writer.empty(.caldav("opaque"))
                return true
            }),
        .init(.caldav("schedule-default-calendar-URL"), on: .inbox) { subject, writer in
            // RFC 6638 §9.2
            guard let calendar = try subject.calendarsOfHome().first(where: \.isProtected)
            else { return false }
            writer.element(.dav("href"), subject.context.paths.calendar(calendar))
            return true
        },
        // RFC 7953 §7.2.4
        .stored(.caldav("calendar-availability"), on: .inbox, check: AvailabilityProperty.check),
        // RFC 7809 §5.1: there is no time zone service beside the zones that everybody knows.
        .init(.caldav("timezone-service-set"), on: [.home, .inbox]) { _, _ in true },
        .init(.caldav("calendar-home-set"), on: [.root, .principal, .home]) { subject, writer in
            let context = subject.context
            let user = subject.person?.user ?? context.user
            writer.element(.dav("href"), context.paths.home(user.name))
            return true
        },
        .init(.caldav("calendar-user-address-set"), on: .principal) { subject, writer in
            // First, and in lower case: there are clients that look no further.
            if let email = subject.person?.user.email, email.contains("@") {
                writer.element(.dav("href"), "mailto:" + email)
            }
            writer.element(.dav("href"), subject.ownerHref)
            return true
        },
        .init(.caldav("calendar-user-type"), on: .principal) { _, writer in
            writer.text("INDIVIDUAL")
            return true
        },
    ]
}
