/// What `RequestStore.open` found; each part is nil where there is no such thing.
package struct Opening {
    /// Who signs in; the password has yet to be verified. Of a secret address, its owner.
    package var user: UserRecord?
    /// Whose principal, home, calendar, object or secret address the address names.
    package var owner: UserRecord?
    package var calendar: CalendarRecord?
    package var object: ObjectRecord?
    /// What was granted to the user, or to nobody in particular, on the calendar or, where the address
    /// names none that there is, on all of the owner's home.
    package var granted: Privileges = []
    /// Of a principal or home: what was granted on it or on any calendar in it.
    package var grantedWithin: Privileges = []
    /// Whether the CRM changed tasks that no calendar shows yet.
    package var hasPendingChanges = false
    /// Whether `user` has no default calendar yet.
    package var needsHome = false

    package init() {}
}
