/// What the client would rather have (RFC 7240, RFC 8144), and Microsoft's older `Brief`.
package struct Preferences: Sendable {
    /// Properties that are not there are left out of a multistatus.
    package let isMinimal: Bool

    /// What to say in Preference-Applied for `isMinimal`; nil where it came by `Brief`.
    package let appliedMinimal: String?

    /// Of a listing the members alone are wanted.
    package let isWithoutRoot: Bool

    /// What a write made, or found instead of what it supposed, is wanted in its answer.
    package let wantsRepresentation: Bool

    package init(_ fields: HeaderFields) {
        var isMinimal = false
        var applied: String?
        var (isWithoutRoot, wantsRepresentation) = (false, false)
        for preference in (fields["prefer"] ?? "").split(separator: ",") {
            let token = preference.lowercased().filter { $0 != " " && $0 != "\"" }
            switch token {
            case "return=minimal":
                isMinimal = true
                applied = "return=minimal"
            case "return-minimal":
                isMinimal = true
                applied = "return-minimal"
            case "depth-noroot": isWithoutRoot = true
            case "return=representation": wantsRepresentation = true
            default: break
            }
        }
        if fields["brief"]?.lowercased() == "t" { isMinimal = true }
        self.isMinimal = isMinimal
        appliedMinimal = applied
        self.isWithoutRoot = isWithoutRoot
        // What is asked for first counts (RFC 7240 §2).
        self.wantsRepresentation = wantsRepresentation && applied == nil
    }
}
