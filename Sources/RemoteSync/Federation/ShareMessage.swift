package import CalDAV

/// What is told to another server in Open Cloud Mesh, with the fields that Nextcloud reads.
package enum ShareMessage {
    /// Nextcloud takes no other resource and, in notifications, no other provider.
    private static let calendar = "calendar"
    /// The most characters that its tables hold.
    private static let longestText = 255

    /// An offer of a calendar (`POST endPoint/shares`).
    package struct Offer: Sendable {
        package var shareWith: String
        /// Cloud id and name of the calendar's owner.
        package var owner: String
        package var ownerName: String
        package var calendar: CalendarRecord
        package var address: String
        package var secret: String
        package var access: FederatedAccess

        package init(
            shareWith: String, owner: String, ownerName: String, calendar: CalendarRecord,
            address: String, secret: String, access: FederatedAccess
        ) {
            self.shareWith = shareWith
            self.owner = owner
            self.ownerName = ownerName
            self.calendar = calendar
            self.address = address
            self.secret = secret
            self.access = access
        }

        package var json: JSONValue {
            let owner = JSONValue.string(ShareMessage.fitting(owner))
            let ownerName = JSONValue.string(ShareMessage.fitting(ownerName))
            return [
                "shareWith": .string(shareWith), "shareType": "user",
                "resourceType": .string(ShareMessage.calendar),
                "name": .string(ShareMessage.fitting(calendar.uri)),
                "description": .string(displayName),
                "providerId": .string(ShareMessage.calendar), "owner": owner,
                "ownerDisplayName": ownerName, "sharedBy": owner,
                "sharedByDisplayName": ownerName, "sender": owner, "senderDisplayName": ownerName,
                "protocol": proto,
            ]
        }

        private var proto: JSONValue {
            [
                "name": "caldav", "version": "v1", "options": ["sharedSecret": .string(secret)],
                "caldav": ["sharedSecret": .string(secret)], "url": .string(address),
                "displayName": .string(displayName),
                "color": color.map(JSONValue.string) ?? .null,
                "access": .number(String(access.number)),
                "components": .string(components.joined(separator: ",")),
            ]
        }

        /// One without a name is refused.
        private var displayName: String {
            ShareMessage.fitting(
                calendar.displayName.isEmpty ? calendar.uri : calendar.displayName)
        }

        /// Those that calendar programs have a use for.
        private var components: [String] {
            calendar.components.filter { $0 != "VFREEBUSY" }
        }

        /// `#RRGGBB`: seven characters are what there is place for.
        private var color: String? {
            guard let color = calendar.color, color.utf8.first == UInt8(ascii: "#") else {
                return nil
            }
            var digits = String(color.dropFirst())
            guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
            if digits.utf8.count == 3 || digits.utf8.count == 4 {
                digits = digits.map { "\($0)\($0)" }.joined()
            }
            return digits.utf8.count >= 6 ? "#" + digits.prefix(6) : nil
        }
    }

    /// That the calendar changed.
    package static func changed(
        _ address: String, sharedWith cloudID: String, secret: String
    ) -> JSONValue {
        notification("SYNC_CALENDAR", cloudID, address, secret)
    }

    /// That it is shared no more.
    package static func unshared(
        _ address: String, sharedWith cloudID: String, secret: String
    ) -> JSONValue {
        notification("SHARE_UNSHARED", cloudID, address, secret)
    }

    private static func notification(
        _ type: String, _ cloudID: String, _ address: String, _ secret: String
    ) -> JSONValue {
        [
            "notificationType": .string(type), "resourceType": .string(calendar),
            "providerId": .string(calendar),
            "notification": [
                "sharedSecret": .string(secret), "shareWith": .string(cloudID),
                "calendarUrl": .string(address),
            ],
        ]
    }

    private static func fitting(_ text: String) -> String {
        // By what databases count, not by what people see as one character.
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestText)))
    }
}
