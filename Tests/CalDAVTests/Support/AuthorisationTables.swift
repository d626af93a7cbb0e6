/// The statuses of `AuthorisationMatrixTests`.
enum AuthorisationTables {
    /// The columns. Ben reads Anna's calendar `work`, cleo reads and writes it, dana sees its busy times,
    /// eve has nothing to do with anybody, and the last one does not sign in.
    static let people: [String?] = ["anna", "ben", "cleo", "dana", "eve", nil]

    static let places = [
        "calendar": "calendars/anna/work/", "object": "calendars/anna/work/1.ics",
        "freeObject": "calendars/anna/work/none.ics", "home": "calendars/anna/",
        "freeCalendar": "calendars/anna/none/", "principal": "principals/users/anna/",
        "proxy": "principals/users/anna/calendar-proxy-read/", "inbox": "calendars/anna/inbox/",
        // Nobody but Anna may know that there is such a calendar.
        "hidden": "calendars/anna/secret/", "hiddenObject": "calendars/anna/secret/2.ics",
    ]

    static let methods = """
        OPTIONS    calendar      200 200 200 200 200 200
        GET        calendar      200 200 200 403 403 401
        HEAD       calendar      200 200 200 403 403 401
        PUT        calendar      405 405 405 403 403 401
        POST       calendar      201 403 201 403 403 401
        DELETE     calendar      204 403 403 403 403 401
        COPY       calendar      405 405 405 403 403 401
        MOVE       calendar      405 405 405 403 403 401
        PROPFIND   calendar      207 207 207 403 403 401
        PROPPATCH  calendar      207 207 207 403 403 401
        ACL        calendar      200 403 403 403 403 401
        MKCALENDAR calendar      405 405 405 403 403 401
        MKCOL      calendar      405 405 405 403 403 401

        OPTIONS    object        200 200 200 200 200 200
        GET        object        200 200 200 403 403 401
        HEAD       object        200 200 200 403 403 401
        PUT        object        204 403 204 403 403 401
        POST       object        405 405 405 403 403 401
        DELETE     object        204 403 204 403 403 401
        COPY       object        201 201 201 403 403 401
        MOVE       object        201 403 201 403 403 401
        PROPFIND   object        207 207 207 403 403 401
        PROPPATCH  object        207 207 207 403 403 401
        ACL        object        405 405 405 403 403 401
        MKCALENDAR object        405 405 405 403 403 401
        MKCOL      object        405 405 405 403 403 401

        OPTIONS    freeObject    200 200 200 200 200 200
        GET        freeObject    404 404 404 403 403 401
        HEAD       freeObject    404 404 404 403 403 401
        PUT        freeObject    201 403 201 403 403 401
        POST       freeObject    404 404 404 403 403 401
        DELETE     freeObject    404 404 404 403 403 401
        COPY       freeObject    404 404 404 403 403 401
        MOVE       freeObject    404 404 404 403 403 401
        PROPFIND   freeObject    404 404 404 403 403 401
        PROPPATCH  freeObject    404 404 404 403 403 401
        ACL        freeObject    404 404 404 403 403 401
        MKCALENDAR freeObject    403 403 403 403 403 401
        MKCOL      freeObject    403 403 403 403 403 401

        OPTIONS    home          200 200 200 200 200 200
        GET        home          200 200 200 403 403 401
        HEAD       home          200 200 200 403 403 401
        PUT        home          405 405 405 403 403 401
        POST       home          405 405 405 403 403 401
        DELETE     home          405 405 405 403 403 401
        COPY       home          405 405 405 403 403 401
        MOVE       home          405 405 405 403 403 401
        PROPFIND   home          207 207 207 403 403 401
        PROPPATCH  home          207 207 207 403 403 401
        ACL        home          200 403 403 403 403 401
        MKCALENDAR home          405 405 405 403 403 401
        MKCOL      home          405 405 405 403 403 401

        OPTIONS    freeCalendar  200 200 200 200 200 200
        GET        freeCalendar  404 403 403 403 403 401
        HEAD       freeCalendar  404 403 403 403 403 401
        PUT        freeCalendar  403 403 403 403 403 401
        POST       freeCalendar  404 403 403 403 403 401
        DELETE     freeCalendar  404 403 403 403 403 401
        COPY       freeCalendar  404 403 403 403 403 401
        MOVE       freeCalendar  404 403 403 403 403 401
        PROPFIND   freeCalendar  404 403 403 403 403 401
        PROPPATCH  freeCalendar  404 403 403 403 403 401
        ACL        freeCalendar  404 403 403 403 403 401
        MKCALENDAR freeCalendar  201 403 403 403 403 401
        MKCOL      freeCalendar  201 403 403 403 403 401

        OPTIONS    principal     200 200 200 200 200 200
        GET        principal     405 405 405 405 403 401
        HEAD       principal     405 405 405 405 403 401
        PUT        principal     405 405 405 405 403 401
        POST       principal     405 405 405 405 403 401
        DELETE     principal     405 405 405 405 403 401
        COPY       principal     405 405 405 405 403 401
        MOVE       principal     405 405 405 405 403 401
        PROPFIND   principal     207 207 207 207 403 401
        PROPPATCH  principal     207 207 207 207 403 401
        ACL        principal     405 405 405 405 403 401
        MKCALENDAR principal     405 405 405 405 403 401
        MKCOL      principal     405 405 405 405 403 401

        OPTIONS    proxy         200 200 200 200 200 200
        GET        proxy         405 403 403 403 403 401
        HEAD       proxy         405 403 403 403 403 401
        PUT        proxy         405 403 403 403 403 401
        POST       proxy         405 403 403 403 403 401
        DELETE     proxy         405 403 403 403 403 401
        COPY       proxy         405 403 403 403 403 401
        MOVE       proxy         405 403 403 403 403 401
        PROPFIND   proxy         207 403 403 403 403 401
        PROPPATCH  proxy         207 403 403 403 403 401
        ACL        proxy         405 403 403 403 403 401
        MKCALENDAR proxy         405 403 403 403 403 401
        MKCOL      proxy         405 403 403 403 403 401

        OPTIONS    inbox         200 200 200 200 200 200
        GET        inbox         405 403 403 403 403 401
        HEAD       inbox         405 403 403 403 403 401
        PUT        inbox         405 403 403 403 403 401
        POST       inbox         405 403 403 403 403 401
        DELETE     inbox         405 403 403 403 403 401
        COPY       inbox         405 403 403 403 403 401
        MOVE       inbox         405 403 403 403 403 401
        PROPFIND   inbox         207 403 403 403 403 401
        PROPPATCH  inbox         207 403 403 403 403 401
        ACL        inbox         405 403 403 403 403 401
        MKCALENDAR inbox         405 403 403 403 403 401
        MKCOL      inbox         405 403 403 403 403 401

        OPTIONS    hidden        200 200 200 200 200 200
        GET        hidden        200 403 403 403 403 401
        HEAD       hidden        200 403 403 403 403 401
        PUT        hidden        405 403 403 403 403 401
        POST       hidden        201 403 403 403 403 401
        DELETE     hidden        204 403 403 403 403 401
        COPY       hidden        405 403 403 403 403 401
        MOVE       hidden        405 403 403 403 403 401
        PROPFIND   hidden        207 403 403 403 403 401
        PROPPATCH  hidden        207 403 403 403 403 401
        ACL        hidden        200 403 403 403 403 401
        MKCALENDAR hidden        405 403 403 403 403 401
        MKCOL      hidden        405 403 403 403 403 401

        OPTIONS    hiddenObject  200 200 200 200 200 200
        GET        hiddenObject  200 403 403 403 403 401
        HEAD       hiddenObject  200 403 403 403 403 401
        PUT        hiddenObject  204 403 403 403 403 401
        POST       hiddenObject  405 403 403 403 403 401
        DELETE     hiddenObject  204 403 403 403 403 401
        COPY       hiddenObject  201 403 403 403 403 401
        MOVE       hiddenObject  201 403 403 403 403 401
        PROPFIND   hiddenObject  207 403 403 403 403 401
        PROPPATCH  hiddenObject  207 403 403 403 403 401
        ACL        hiddenObject  405 403 403 403 403 401
        MKCALENDAR hiddenObject  405 403 403 403 403 401
        MKCOL      hiddenObject  405 403 403 403 403 401
        """

    static let reports = """
        calendar-query                calendar   207 207 207 403 403 401
        calendar-multiget             calendar   207 207 207 403 403 401
        free-busy-query               calendar   200 200 200 200 403 401
        sync-collection               calendar   207 207 207 403 403 401
        acl-principal-prop-set        calendar   207 403 403 403 403 401
        principal-match               calendar   207 207 207 403 403 401
        principal-property-search     calendar   403 403 403 403 403 401
        principal-search-property-set calendar   403 403 403 403 403 401
        expand-property               calendar   207 207 207 403 403 401

        calendar-query                object     207 207 207 403 403 401
        calendar-multiget             object     207 207 207 403 403 401
        free-busy-query               object     403 403 403 403 403 401
        sync-collection               object     403 403 403 403 403 401
        acl-principal-prop-set        object     207 403 403 403 403 401
        principal-match               object     403 403 403 403 403 401
        principal-property-search     object     403 403 403 403 403 401
        principal-search-property-set object     403 403 403 403 403 401
        expand-property               object     403 403 403 403 403 401

        calendar-query                home       207 207 207 403 403 401
        calendar-multiget             home       207 207 207 403 403 401
        free-busy-query               home       200 200 200 200 403 401
        sync-collection               home       207 207 207 403 403 401
        acl-principal-prop-set        home       207 403 403 403 403 401
        principal-match               home       207 207 207 403 403 401
        principal-property-search     home       403 403 403 403 403 401
        principal-search-property-set home       403 403 403 403 403 401
        expand-property               home       207 207 207 403 403 401

        calendar-query                principal  403 403 403 403 403 401
        calendar-multiget             principal  403 403 403 403 403 401
        free-busy-query               principal  403 403 403 403 403 401
        sync-collection               principal  403 403 403 403 403 401
        acl-principal-prop-set        principal  207 403 403 403 403 401
        principal-match               principal  207 207 207 207 403 401
        principal-property-search     principal  207 207 207 207 403 401
        principal-search-property-set principal  200 200 200 200 403 401
        expand-property               principal  207 207 207 207 403 401

        calendar-query                inbox      403 403 403 403 403 401
        calendar-multiget             inbox      403 403 403 403 403 401
        free-busy-query               inbox      403 403 403 403 403 401
        sync-collection               inbox      207 403 403 403 403 401
        acl-principal-prop-set        inbox      403 403 403 403 403 401
        principal-match               inbox      207 403 403 403 403 401
        principal-property-search     inbox      403 403 403 403 403 401
        principal-search-property-set inbox      403 403 403 403 403 401
        expand-property               inbox      207 403 403 403 403 401

        calendar-query                hidden     207 403 403 403 403 401
        calendar-multiget             hidden     207 403 403 403 403 401
        free-busy-query               hidden     200 403 403 403 403 401
        sync-collection               hidden     207 403 403 403 403 401
        acl-principal-prop-set        hidden     207 403 403 403 403 401
        principal-match               hidden     207 403 403 403 403 401
        principal-property-search     hidden     403 403 403 403 403 401
        principal-search-property-set hidden     403 403 403 403 403 401
        expand-property               hidden     207 403 403 403 403 401
        """

    /// The status inside a calendar-multiget, asked of the calendar `work` or of the home, and (last) of
    /// one's own calendar; 0 where the request as a whole is refused.
    static let hrefs = """
        calendar object       200 200 200 0   0   0
        calendar freeObject   404 404 404 0   0   0
        calendar hiddenObject 200 403 403 0   0   0
        calendar hidden       404 404 404 0   0   0
        calendar freeCalendar 404 404 404 0   0   0
        calendar home         404 404 404 0   0   0
        calendar principal    404 404 404 0   0   0
        home     object       200 200 200 0   0   0
        home     freeObject   404 404 404 0   0   0
        home     hiddenObject 200 403 403 0   0   0
        own      object       200 403 403 403 403 0
        own      freeObject   404 403 403 403 403 0
        own      hiddenObject 200 403 403 403 403 0
        own      home         404 403 403 403 403 0
        own      principal    404 403 403 403 403 0
        """

    /// COPY and MOVE of one's own object to a destination.
    static let destinations = """
        COPY object       204 403 204 403 403 401
        COPY freeObject   201 403 201 403 403 401
        COPY calendar     403 403 403 403 403 401
        COPY home         403 403 403 403 403 401
        COPY freeCalendar 403 403 403 403 403 401
        COPY principal    403 403 403 403 403 401
        COPY hidden       403 403 403 403 403 401
        COPY hiddenObject 204 403 403 403 403 401
        MOVE object       204 403 204 403 403 401
        MOVE freeObject   201 403 201 403 403 401
        MOVE calendar     403 403 403 403 403 401
        MOVE home         403 403 403 403 403 401
        MOVE freeCalendar 403 403 403 403 403 401
        MOVE principal    403 403 403 403 403 401
        MOVE hidden       403 403 403 403 403 401
        MOVE hiddenObject 204 403 403 403 403 401
        """

    /// A line of a table.
    struct Row: Sendable, CustomStringConvertible {
        let what: String
        let place: String
        let statuses: [Int]

        var description: String { "\(what) \(place)" }

        static func all(in table: String) -> [Row] {
            table.split(separator: "\n").map { line in
                let words = line.split(separator: " ").map(String.init)
                return Row(
                    what: words[0], place: words[1],
                    statuses: words.dropFirst(2).compactMap { Int($0) }
                )
            }
        }
    }
}
