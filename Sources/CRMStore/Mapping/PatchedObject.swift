import ICalendar

extension TaskMapping {
    /// Patches an object where the CRM changed a column, and nowhere else (design: Merging).
    ///
    /// - Parameters:
    ///   - base: the columns as they were when the object and the row last agreed.
    ///   - now: seconds since 1970, for LAST-MODIFIED and DTSTAMP.
    /// - Returns: what had to change in the object.
    func patch(
        _ object: inout CalendarObject, from base: TaskValues, to row: TaskRow, floating: Zone,
        now: Int64
    ) -> ObjectPatch {
        let changed = Set(
            TaskColumn.allCases.filter {
                schema[$0] != nil && !row.values.isSame(as: base, in: $0)
            })
        // These place a task or were set once; they are no property of the object.
        guard !changed.subtracting([.owner, .calendar, .created]).isEmpty else {
            return .nothing
        }

        let kind = object.kind
        if !changed.isDisjoint(with: [.start, .end, .allDay]) {
            moveTimes(of: &object, from: base, to: row.values, changed, floating: floating)
        }
        let completes =
            kind == .vtodo && changed.contains(.status) && row.values[.status] == "completed"
            && object.isRecurring && object.master != nil
        object.updateMaster { component in
            for column in changed where column != .status || !completes {
                patch(&component, column, kind, from: base, to: row.values, now: now)
            }
            if !changed.isDisjoint(with: [.contactEmail, .contactName]) {
                patchContact(of: &component, from: base, to: row.values)
            }
            markAsChanged(&component, sequence: row.sequence, now: now)
        }
        guard completes else { return .changed }
        let goesOn = object.updateCurrentOccurrence(at: now, floating: floating) { component in
            patchStatus(of: &component, kind, to: "completed", now: now)
        }
        guard !goesOn else { return .changedOccurrence }
        object.updateMaster { patchStatus(of: &$0, kind, to: "completed", now: now) }
        return .changed
    }

    private func patch(
        _ component: inout Component, _ column: TaskColumn, _ kind: CalendarObject.Kind,
        from base: TaskValues, to row: TaskValues, now: Int64
    ) {
        let value = row[column].flatMap { $0.isEmpty ? nil : $0 }
        switch column {
        case .title: component.setText("SUMMARY", value)
        case .description:
            component.setText("DESCRIPTION", value)
            // ALTREP shows the same text in another form, which would now be the old one.
            if var description = component.first("DESCRIPTION") {
                description.setParameter("ALTREP", to: nil)
                component.set(description)
            }
        case .status: patchStatus(of: &component, kind, to: value, now: now)
        case .priority:
            component.setRaw("PRIORITY", priority(of: value).map { String($0) })
        case .taskType: patchCategory(of: &component, from: base[.taskType], to: value)
        case .contactPhone: component.setText(CRMProperty.contactPhone, value)
        case .notes: component.setText(CRMProperty.notes, value)
        case .start, .end, .allDay, .contactName, .contactEmail, .created, .owner, .calendar:
            break
        }
    }

    private func markAsChanged(_ component: inout Component, sequence: Int64, now: Int64) {
        let stamp = TaskMapping.utcText(now)
        component.setRaw("DTSTAMP", stamp)
        component.setRaw("LAST-MODIFIED", stamp)
        // Only the organizer may raise SEQUENCE (RFC 5546 §2.1.4); without one it is ours.
        if component.first("ORGANIZER") == nil {
            let sequence = (component.first("SEQUENCE")?.integer ?? 0) + 1
            component.setRaw("SEQUENCE", String(Int32(clamping: sequence)))
        }
    }

    // MARK: Status and category

    private func patchStatus(
        of component: inout Component, _ kind: CalendarObject.Kind, to value: String?, now: Int64
    ) {
        component.setRaw("STATUS", status(of: value, kind))
        guard kind == .vtodo else { return }
        // The three ways in which clients say that a to-do is done go together.
        if value == "completed" {
            component.setRaw("COMPLETED", TaskMapping.utcText(now))
            component.setRaw("PERCENT-COMPLETE", "100")
        } else {
            component.removeAll("COMPLETED")
            if component.first("PERCENT-COMPLETE")?.integer == 100 {
                component.removeAll("PERCENT-COMPLETE")
            }
        }
    }

    /// Puts the new type's category in the place of the old one's; the other categories stay.
    private func patchCategory(
        of component: inout Component, from old: String?, to new: String?
    ) {
        component.setText(CRMProperty.taskType, new)
        let category = category(of: new)
        var isPlaced = category == nil
        var categories: [Property] = []
        for property in component.all("CATEGORIES") {
            var names: [String] = []
            for name in property.textList {
                guard let type = taskType(ofCategory: name), type == old || type == new else {
                    names.append(name)
                    continue
                }
                if let category, !isPlaced { names.append(category) }
                isPlaced = true
            }
            if !names.isEmpty {
                categories.append(
                    Property("CATEGORIES", texts: names, parameters: property.parameters))
            }
        }
        if let category, !isPlaced { categories.append(Property("CATEGORIES", text: category)) }
        component.replaceAll("CATEGORIES", with: categories)
    }

    // MARK: Contact

    private func patchContact(
        of component: inout Component, from base: TaskValues, to row: TaskValues
    ) {
        let address = row[.contactEmail].flatMap { $0.isEmpty ? nil : $0 }
        let name = row[.contactName].flatMap { $0.isEmpty ? nil : $0 }
        component.setText(CRMProperty.contactName, address == nil ? name : nil)

        let old = base[.contactEmail]?.lowercased()
        func isContact(_ property: Property) -> Bool {
            property.isNamed("ATTENDEE")
                && Component.mailAddress(property.rawValue).lowercased() == old
        }
        guard old != nil, var attendee = component.all("ATTENDEE").first(where: isContact) else {
            if let attendee = TaskMapping.attendee(address: address, name: name) {
                component.append(attendee)
            }
            return
        }
        guard let address else {
            component.removeAll(where: isContact)
            return
        }
        if address.lowercased() != old {
            // Somebody else: what the former one answered is not theirs.
            attendee = attendee.with(raw: "mailto:\(address)")
            attendee.setParameter("PARTSTAT", to: nil)
        }
        attendee.setParameter("CN", to: name)
        component.replaceFirst(where: isContact, with: attendee)
    }
}

/// What patching an object changed.
enum ObjectPatch {
    case nothing
    case changed
    /// The current occurrence of a to-do that goes on: its row is to have the status that it had.
    case changedOccurrence
}

extension Component {
    /// Nil removes the property; otherwise its parameters stay.
    mutating func setText(_ name: String, _ text: String?) {
        guard let text else { return removeAll(name) }
        set(first(name)?.with(text: text) ?? Property(name, text: text))
    }

    /// Nil removes the property; otherwise its parameters stay.
    mutating func setRaw(_ name: String, _ raw: String?) {
        guard let raw else { return removeAll(name) }
        set(first(name)?.with(raw: raw) ?? Property(name, raw: raw))
    }

    /// The first of `properties` takes the place of the first of that name.
    mutating func replaceAll(_ name: String, with properties: [Property]) {
        guard let first = properties.first else { return removeAll(name) }
        set(first)
        for property in properties.dropFirst() { append(property) }
    }
}
