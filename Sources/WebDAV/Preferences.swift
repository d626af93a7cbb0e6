/// What the client would rather have (RFC 7240, RFC 8144), and Microsoft's older `Brief`.
package struct Preferences: Sendable {
    /// Properties that are not there are left out of a multistatus.
    package let isMinimal: Bool

    /// What to say in Preference-Applied for `isMinimal`; nil where it came by `Brief`.
    package let appliedMinimal: String?

    package init(_ fields: HeaderFields) {
        var isMinimal = false
        var applied: String?
        for preference in (fields["prefer"] ?? "").split(separator: ",") {
            let token = preference.lowercased().filter { $0 != " " && $0 != "\"" }
            switch token {
            case "return=minimal":
                isMinimal = true
                applied = "return=minimal"
            case "return-minimal":
                isMinimal = true
                applied = "return-minimal"
            default: break
            }
        }
        if fields["brief"]?.lowercased() == "t" { isMinimal = true }
        self.isMinimal = isMinimal
        appliedMinimal = applied
    }
}
