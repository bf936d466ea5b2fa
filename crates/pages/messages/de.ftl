# Deutsch, mit Sie. Dieselben Schlüssel wie in en.ftl.

## Rund um jede Seite

skip = Zum Inhalt springen
nav = Ihre Seiten
nav-approvals = Anfragen
nav-agents = Agenten
nav-account = Konto
sign-out = Abmelden
languages = Sprache
tenant-name = { $tenant }
nameless = (ohne Namen)
details = Einzelheiten
reference = Vorgangsnummer:
home-link = Startseite

## Zeitpunkte und Zeitspannen

moment = { $date } ({ $distance })
moment-date = { $day }. { $month } { $year }, { $time } UTC
moment-day = { $day }. { $month } { $year }
month-01 = Jan.
month-02 = Feb.
month-03 = März
month-04 = Apr.
month-05 = Mai
month-06 = Juni
month-07 = Juli
month-08 = Aug.
month-09 = Sept.
month-10 = Okt.
month-11 = Nov.
month-12 = Dez.
in-moment = in weniger als einer Minute
in-minutes = { $count ->
    [one] in { $count } Minute
   *[other] in { $count } Minuten
}
in-hours = { $count ->
    [one] in { $count } Stunde
   *[other] in { $count } Stunden
}
in-days = { $count ->
    [one] in { $count } Tag
   *[other] in { $count } Tagen
}
in-months = { $count ->
    [one] in { $count } Monat
   *[other] in { $count } Monaten
}
in-years = { $count ->
    [one] in { $count } Jahr
   *[other] in { $count } Jahren
}
ago-moment = gerade eben
ago-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
ago-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
ago-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}
ago-months = { $count ->
    [one] vor { $count } Monat
   *[other] vor { $count } Monaten
}
ago-years = { $count ->
    [one] vor { $count } Jahr
   *[other] vor { $count } Jahren
}
# Im Dativ: sie stehen nach „nach“.
span-moment = weniger als einer Minute
span-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
span-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
span-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tagen
}
span-months = { $count ->
    [one] { $count } Monat
   *[other] { $count } Monaten
}
span-years = { $count ->
    [one] { $count } Jahr
   *[other] { $count } Jahren
}

## Wer fragt

tier-registered = Eingetragen von der Verwaltung von { $tenant }
tier-document = Belegt durch den Host { $host }
tier-unverified = Von niemandem geprüft. Jedes Programm kann diesen Namen benutzen.
claim-name = Nennt sich „{ $app }“

## Anmelden
# Lange Wörter in Überschriften tragen einen bedingten Trennstrich (U+00AD).

sign-in-title = Anmelden
sign-in-at = Anmelden bei { $tenant }
sign-in-for-app = Melden Sie sich an, um zu sehen, worum { $app } Sie bittet
sign-in-for-unverified = Melden Sie sich an, um zu sehen, worum eine App Sie bittet
sign-in-passkey-for-app = { $app } verlangt Ihren Passkey
sign-in-passkey-for-unverified = Eine App verlangt Ihren Passkey
sign-in-button = Anmelden
sign-in-passkey = Mit Passkey anmelden
or = oder mit Passwort
field-login = Benutzername
field-password = Passwort
use-recovery-code = Wiederherstellungscode benutzen
sign-in-credentials = Benutzername oder Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.
sign-in-passkey-refused = Dieser Passkey wurde nicht angenommen. Vielleicht wurde er aus Ihrem Konto entfernt. Nehmen Sie einen anderen oder Ihr Passwort.
sign-in-recovery-code = Dieser Code ist falsch oder schon benutzt. Jeder Code gilt einmal: Nehmen Sie den nächsten auf Ihrer Liste.
sign-in-took-too-long = Diese Seite war zu lange offen, deshalb wurde nichts gesendet. Melden Sie sich noch einmal an.
sign-in-busy = Im Moment melden sich zu viele gleichzeitig an. Versuchen Sie es in ein paar Sekunden noch einmal.
sign-in-too-many-tries = Das waren zu viele Versuche in kurzer Zeit. Warten Sie eine Minute und versuchen Sie es dann noch einmal.
sign-in-stronger = Ein Passwort oder ein Wiederherstellungscode genügt hier nicht.
sign-in-again = Die App möchte sicher sein, dass Sie es sind. Melden Sie sich noch einmal an.
sign-in-fresh = Bevor sich an Ihren Zugängen etwas ändern kann, melden Sie sich noch einmal an.
no-passkey-title = Sie haben keinen Passkey?
no-passkey-words = Sie können in Ihrem Konto einen hinzufügen und von dort zu dieser Anfrage zurückkehren.
no-passkey-answer-words = Sie können in Ihrem Konto einen hinzufügen und danach zur Frage zurückkehren. Nein sagen können Sie auch ohne.
no-passkey-add = Passkey hinzufügen
no-passkey-refuse-words = Oder sagen Sie, dass es nicht geht. Dann geht es zurück zu { $host }, und erlaubt ist nichts.
no-passkey-refuse = Das geht nicht
sign-in-passkey-noscript = Für einen Passkey braucht es JavaScript, das in diesem Browser ausgeschaltet ist.
passkey-waiting = Wir warten auf Ihren Passkey. Ihr Gerät fragt Sie jetzt.
passkey-cancelled = Der Passkey wurde nicht benutzt: Die Frage wurde geschlossen oder blieb zu lange offen. Sie können es noch einmal versuchen.
passkey-failed = Der Passkey lässt sich in diesem Browser nicht benutzen. Nehmen Sie Ihr Passwort oder ein anderes Gerät.
passkey-known = Dieses Gerät hat schon einen Passkey für Ihr Konto.
passkey-unsupported = Dieser Browser kann keine Passkeys anlegen.
passkey-noscript = Zum Hinzufügen eines Passkeys braucht es JavaScript, das in diesem Browser ausgeschaltet ist. Alles andere hier geht ohne.
recovery-title = Mit einem Wiederherstellungs{ "\u00AD" }code anmelden
recovery-words = Diese Codes werden unter „Konto“ erstellt, oder die Verwaltung hat Ihnen einen gegeben. Jeder gilt einmal.
field-code = Wiederherstellungscode
recovery-button = Mit diesem Code anmelden

## Abmelden

sign-out-title = Abmelden
sign-out-ask = Von { $tenant } abmelden?
sign-out-words = Das beendet Ihre Sitzung in diesem Browser. Agenten, die für Sie handeln dürfen, behalten, was Sie erlaubt haben; stoppen können Sie das unter { $link }.
sign-out-by-app = { $app } bittet darum, Sie hier abzumelden.
sign-out-by-unverified = Eine App, die sich „{ $app }“ nennt, bittet darum, Sie hier abzumelden.
sign-out-back-to = Danach geht es zurück zu { $host }.
sign-out-stay = Angemeldet bleiben
signed-out-title = Sie sind abgemeldet
signed-out-words = Ihre Sitzung in diesem Browser ist beendet. Sie können dieses Fenster schließen.

## Zustimmung

consent-title = Zugriff erlauben?
consent-ask = { $app } möchte { $place } für Sie benutzen
consent-ask-here = { $app } möchte bei { $place } für Sie handeln
consent-ask-act = { $app } möchte bei { $place } { $act }
consent-ask-who = { $app } möchte wissen, wer Sie sind
consent-ask-unverified = Eine App, die sich „{ $app }“ nennt, möchte { $place } für Sie benutzen
consent-ask-unverified-here = Eine App, die sich „{ $app }“ nennt, möchte bei { $place } für Sie handeln
consent-ask-unverified-act = Eine App, die sich „{ $app }“ nennt, möchte bei { $place } { $act }
consent-ask-unverified-who = Eine App, die sich „{ $app }“ nennt, möchte wissen, wer Sie sind
consent-you-are = Sie sind { $name } ({ $login })
consent-same = Dasselbe haben Sie schon einmal erlaubt, am { $when }
consent-first = Sie werden zum ersten Mal gefragt.
consent-again = Genau dasselbe haben Sie am { $when } schon erlaubt, und das gilt noch. Es wird noch einmal gefragt: Ein zweites Ja steht neben dem ersten.
consent-changed = Etwas ist anders als das, was Sie am { $when } erlaubt haben:
changed-redirects = Die App schickt Sie an einen anderen Ort zurück als bisher.
changed-keys = Die App weist sich mit anderen Schlüsseln aus als bisher.
changed-name = Die App hieß bisher „{ $before }“.
own-scope-profile = Ihren Namen und Ihre eigenen Angaben erfahren
own-scope-email = Ihre E-Mail-Adresse erfahren
own-scope-openid = Sie wiedererkennen, wenn Sie wiederkommen
own-scope-address = Ihre Postanschrift erfahren
own-scope-phone = Ihre Telefonnummer erfahren
own-claim-name = Ihren vollen Namen erfahren
own-claim-given-name = Ihren Vornamen erfahren
own-claim-family-name = Ihren Nachnamen erfahren
own-claim-middle-name = Ihren zweiten Vornamen erfahren
own-claim-nickname = Ihren Spitznamen erfahren
own-claim-preferred-username = den Namen, mit dem Sie angesprochen werden möchten, erfahren
own-claim-profile = die Adresse Ihrer Profilseite erfahren
own-claim-picture = Ihr Bild erfahren
own-claim-website = Ihre Webseite erfahren
own-claim-email = Ihre E-Mail-Adresse erfahren
own-claim-email-verified = erfahren, ob Ihre E-Mail-Adresse bestätigt wurde
own-claim-gender = Ihr Geschlecht erfahren
own-claim-birthdate = Ihr Geburtsdatum erfahren
own-claim-zoneinfo = Ihre Zeitzone erfahren
own-claim-locale = Ihre Sprache erfahren
own-claim-phone-number = Ihre Telefonnummer erfahren
own-claim-phone-number-verified = erfahren, ob Ihre Telefonnummer bestätigt wurde
own-claim-address = Ihre Postanschrift erfahren
own-claim-updated-at = erfahren, wann Sie Ihre Angaben zuletzt geändert haben
changed-description = Ihre Beschreibung hat sich seitdem geändert.
changed-more = Die App bittet um etwas, das Sie ihr noch nicht erlaubt haben.
consent-able = Das würden Sie erlauben
leave-out = weglassen
particular-missing = [{ $path }: nicht angegeben]
particular-letters = (in Buchstaben eines anderen Alphabets)
particular-adds = Die App fügt mit eigenen Worten hinzu:
member-actions = Was
member-datatypes = Daten
member-identifier = Kennung
member-locations = Orte
member-privileges = Rechte
member-purpose = Zweck
detail-authorization-details = Genau verlangt
consent-decided = Von Ihrer Organisation schon erlaubt
consent-forbidden = Ihre Organisation erlaubt nicht
consent-nothing = Nichts weiter, als mit { $place } verbunden zu sein.
consent-back-to = Danach geht es zurück zu { $host }.
consent-repeats = Was Sie erlauben, kann bis zum Ende mehrmals benutzt werden; wie oft, entscheidet { $place }.
consent-ends = Die Erlaubnis endet von selbst nach { $span }. Stoppen können Sie sie jederzeit unter { $link }.
consent-this-computer = Die Antwort geht an ein Programm auf diesem Computer, und jedes Programm hier kann sich als diese App ausgeben. Erlauben Sie nur, was Sie gerade selbst gestartet haben.
deny = Ablehnen
allow = Erlauben
allow-act = Erlauben: { $act }

## Anfragen

approvals-title = Anfragen, die auf Sie warten
approvals-words = Jede dieser Anfragen endet von selbst mit „Nein“, wenn ihre Zeit um ist.
approvals-empty = Keine Anfrage wartet auf Sie. Wenn eine App oder ein Agent etwas will, das Sie entscheiden, steht es hier.
approvals-answered = Kürzlich beantwortet
approvals-device = Ein Gerät zeigt Ihnen einen Code? Hier eingeben
approval-asked = Gefragt
approval-ends = Endet
approval-look = Ansehen
approval-look-named = Ansehen, was { $app } will
approval-more = { $count ->
    [one] und noch etwas
   *[other] und noch { $count } Dinge
}
approval-title = Ihre Antwort
approval-ask-device = { $app } auf einem anderen Gerät möchte bei { $place } für Sie handeln
approval-ask-device-unverified = Eine App auf einem anderen Gerät, die sich „{ $app }“ nennt, möchte bei { $place } für Sie handeln
approval-ask-device-who = { $app } auf einem anderen Gerät möchte wissen, wer Sie sind
approval-ask-device-unverified-who = Eine App auf einem anderen Gerät, die sich „{ $app }“ nennt, möchte wissen, wer Sie sind
approval-ask-device-act = { $app } auf einem anderen Gerät möchte bei { $place } { $act }
approval-ask-device-unverified-act = Eine App auf einem anderen Gerät, die sich „{ $app }“ nennt, möchte bei { $place } { $act }
approval-ask-machine = { $app } möchte bei { $place } von sich aus handeln
approval-ask-machine-unverified = Eine Maschine, die sich „{ $app }“ nennt, möchte bei { $place } von sich aus handeln
approval-ask-machine-act = { $app } möchte von sich aus bei { $place } { $act }
approval-ask-machine-unverified-act = Eine Maschine, die sich „{ $app }“ nennt, möchte von sich aus bei { $place } { $act }
approval-ask-more = { $app } möchte bei { $place } mehr für Sie tun
approval-ask-more-unverified = Eine App, die sich „{ $app }“ nennt, möchte bei { $place } mehr für Sie tun
approval-ask-more-who = { $app } möchte mehr über Sie wissen
approval-ask-more-unverified-who = Eine App, die sich „{ $app }“ nennt, möchte mehr über Sie wissen
approval-ask-question = { $app } fragt, ob { $subject } „{ $action }“ mit { $resource } tun darf
approval-ask-question-unverified = Ein Programm, das sich „{ $app }“ nennt, fragt, ob { $subject } „{ $action }“ mit { $resource } tun darf
approval-exactly = Genau dies
approval-lasts-question = Ihr Ja gilt für genau dies und endet von selbst nach { $span }.
approval-approved-question = Die Antwort war Ja, für genau dies. Es endet von selbst.
approval-over-question = Die Antwort war Ja. Ihre Zeit ist um.
approval-says = { $app } sagt: „{ $words }“
approval-started = Gefragt wurde am { $when }.
approval-started-anywhere = Gefragt wurde am { $when }. Von wo, ist nicht bekannt.
approval-started-from = Gefragt wurde am { $when }, von der Adresse { $from }.
approval-device-warning = Erlauben Sie das nur, wenn Sie es selbst gestartet haben und das Gerät mit dem Code vor Ihnen steht. Wer Ihnen helfen will, braucht Ihr Ja nicht.
approval-quorum = { $yes } von { $needed } haben Ja gesagt. Gefragt sind die Mitglieder von { $group }.
approval-ends-with-no = Ohne Antwort endet es mit „Nein“ am { $when }.
approval-once = Ihr Ja gilt für dieses eine Mal. Beim nächsten Mal wird wieder gefragt.
approval-lasts-machine = Was Sie erlauben, endet von selbst nach { $span }. Die Verwaltung kann es jederzeit stoppen.
approval-afterwards-device = Danach kehren Sie zu Ihrem Gerät zurück; dort geht es von selbst weiter.
approval-by-passkey = Ihr Ja wird mit Ihrem Passkey unterschrieben, für genau das, was hier steht. Nein sagen können Sie auch ohne ihn.
approval-allow-by-passkey = Mit Passkey erlauben
approval-yes-unsigned = Erlaubt wurde nichts: Dieser Passkey hat es nicht unterschrieben. Versuchen Sie es noch einmal, mit einem Passkey Ihres Kontos.
approval-took-too-long = Erlaubt wurde nichts: Die Seite war zu lange offen. Sehen Sie sie sich noch einmal an.
approval-too-late = Ihr „Nein“ kam zu spät: Es war schon beantwortet. Was erlaubt wurde, kann die Verwaltung stoppen, oder Sie unter „Agenten“, wenn es für Sie handelt.
approval-passkey-failed = Der Passkey lässt sich in diesem Browser nicht benutzen. Antworten Sie auf einem anderen Gerät, oder sagen Sie Nein.
approval-passkey-unsupported = Dieser Browser kann keine Passkeys benutzen. Antworten Sie auf einem anderen Gerät, oder sagen Sie Nein.
approval-no-only = Ihre Organisation erlaubt das nicht; antworten können Sie nur mit Nein.
approval-others-only = Hier geht es um Sie selbst; Ja sagen muss jemand anderes. Nein sagen können Sie.
approval-enough-of-yours = Aus Ihrer Gruppe haben genug Ja gesagt; jetzt müssen die anderen antworten. Nein sagen können Sie.
approval-others-must = Sie haben Ja gesagt. Jetzt müssen noch andere antworten.
approval-approved = Die Antwort war Ja. Es bekommt das Erlaubte, wenn es das nächste Mal fragt.
approval-approved-device = Sie haben Ja gesagt. Kehren Sie zu Ihrem Gerät zurück: Dort geht es in wenigen Sekunden von selbst weiter.
approval-fetched = Die Antwort war Ja, und das Erlaubte ist abgeholt.
approval-denied = Die Antwort war Nein.
approval-cancelled = Die Anfrage wurde zurückgenommen. Erlaubt wurde nichts.
approval-expired = Niemand hat rechtzeitig geantwortet, oder niemand hat die Antwort abgeholt. Erlaubt wurde nichts.
device-title = Gerät verbinden
device-words = Geben Sie den Code ein, den Ihr Gerät zeigt. Bevor etwas erlaubt wird, sehen Sie, wer was will.
device-code = Code
device-go = Weiter
device-unknown = Unter diesem Code wartet kein Gerät. Vielleicht ist er vertippt oder zu alt: Ihr Gerät kann Ihnen einen neuen zeigen.
device-too-many-tries = Es gab zu viele Versuche in kurzer Zeit. Warten Sie eine Minute und versuchen Sie es dann noch einmal.

## Einzelheiten

detail-client-id = App (client_id)
detail-client-name = Name, den sie sich gibt (client_name)
detail-redirect-uri = Rückweg (redirect_uri)
detail-resource = Ort (resource)
detail-scope = Rechte (scope)
detail-approval = Anfrage (Kennung)
detail-door = Wie gefragt wurde
detail-payload-hash = Hash dessen, was gefragt wird
detail-metadata-hash = Prüfsumme der Selbstbeschreibung der App
detail-issuer = Aussteller (issuer)
detail-code = Fehlercode
detail-said = Ursache
detail-more = Mehr

## Agenten

agents-title = Agenten, die für Sie handeln dürfen
agents-words = Jeder davon kann, was darunter steht, auch wenn Sie nicht da sind, bis seine Zeit abläuft oder Sie ihn stoppen.
agents-empty = Niemand darf für Sie handeln. Wenn Sie einer App oder einem Agenten etwas erlauben, steht es hier, und hier können Sie es stoppen.
agents-stopped = Gestoppt. Dort kann nicht mehr für Sie gehandelt werden.
agents-stopped-all = Alle gestoppt. Niemand kann mehr für Sie handeln.
agents-reduced = Erledigt. Es ist jetzt weniger erlaubt als vorher.
stop-all = Alle stoppen
stop-all-words = Das stoppt alle Agenten auf einmal, auch mitten in der Arbeit. Um einen wieder zu benutzen, müssen Sie es ihm neu erlauben.
stop-all-yes = Ja, alle Agenten stoppen
stop-agent = Agenten stoppen
stop-agent-named = Agenten stoppen: { $app }
change-grant = Ändern
change-grant-named = Das ändern: { $app } bei { $place }
agents-given = Erledigt. Wenn die App danach fragt, muss sie Sie nicht mehr fragen.
give-link = Einer App etwas erlauben
give-title = Einer App etwas erlauben
give-words = Sie können Ja sagen, bevor eine App fragt. Hier stehen die Apps und Orte, die Ihre Organisation registriert hat.
give-empty = Ihre Organisation hat keine App oder keinen Ort registriert, den Sie wählen könnten. Was andere Apps dürfen, sagen Sie, wenn sie fragen.
give-app = Welche App
give-place = Wo
give-next = Weiter
give-leave = Nichts ändern
give-ask = Was darf { $app } bei { $place } für Sie?
give-what = Erlaubt ist
give-last-day = Der letzte Tag, an dem das erlaubt ist (leer lassen für die übliche Zeit)
give-standing = Das nächste Mal, wenn sie danach fragt, bekommt sie es, ohne Sie zu fragen.
give-now = Das erlauben
give-nothing = Es wurde nichts erlaubt, weil nichts gewählt ist. Wählen Sie, was die App darf.
give-day = Es wurde nichts erlaubt: Der Tag liegt in der Vergangenheit oder ist keiner. Wählen Sie einen anderen.
give-passkey = Ihre Organisation verlangt dafür einen Passkey. Melden Sie sich ab, melden Sie sich mit Ihrem Passkey an und erlauben Sie es innerhalb von zwei Minuten.
give-forbidden = Es wurde nichts erlaubt: Ihre Organisation lässt Sie das nicht geben, oder nicht alles davon. Wählen Sie weniger, oder fragen Sie eine Administratorin oder einen Administrator.
grant-title = Was ein Agent darf
grant-ask = Was { $app } bei { $place } für Sie darf
grant-reduced = Erledigt. Es ist weniger erlaubt als vorher; was übrig ist, steht hier.
grant-more = Es wurde nichts geändert. Hier können Sie nur wegnehmen: Eine Grenze wird nur niedriger, ein Ende kommt nur früher. Um mehr zu erlauben, lassen Sie die App noch einmal fragen.
grant-nothing-left = Es wurde nichts geändert, weil nichts übrig bliebe. Um alles zu beenden, stoppen Sie es in der Liste Ihrer Agenten.
grant-only-connected = Es besteht eine Verbindung, und dort ist bekannt, wer Sie sind.
take-away = Wegnehmen
grant-limits = Grenzen: { $name }
grant-limit-day = Höchstens so oft am Tag
grant-limit-all = Höchstens so oft insgesamt
grant-limit-amount = Höchstens so viel am Tag
grant-limit-amount-of = Höchstens so viel am Tag, in { $currency }
grant-limit-currency = In welcher Währung, zum Beispiel EUR
grant-last-day = Der letzte Tag, an dem das erlaubt ist (leer lassen, damit das Ende bleibt)
grant-change-words = Was Sie wegnehmen, ist sofort weg, auch mitten in einer Aufgabe. Zurückgeben können Sie es hier nicht: Die App fragt Sie dann noch einmal.
grant-leave = So lassen
grant-reduce = Weniger erlauben
grant-document = Die ganze Erlaubnis als ein Dokument (JSON)
stop-grant = Stoppen
stop-grant-named = Stoppen: { $app } bei { $place }
grant-heading = Bei { $place } darf die App
grant-heading-who = Die App darf
grant-heading-bare = Verbunden mit { $place }
grant-given = Erlaubt
grant-given-by-you = von Ihnen, { $when }
grant-given-by-organisation = von Ihrer Organisation, { $when }
grant-used = Zuletzt benutzt
grant-used-never = noch nie
grant-until = Endet
grant-until-stopped = wenn Sie es stoppen
live-sessions = { $count ->
    [one] Eine Verbindung kann jetzt handeln
   *[other] { $count } Verbindungen können jetzt handeln
}
live-sessions-who = { $count ->
    [one] Eine Verbindung kann jetzt fragen
   *[other] { $count } Verbindungen können jetzt fragen
}
live-nothing = Gerade keine Verbindung, aber die Erlaubnis gilt weiter

## Konto

account-title = Ihr Konto
account-words = Sie sind angemeldet als { $name } ({ $login }).
account-waiting = Eine App wartet auf einen Passkey von Ihnen. Fügen Sie hier einen hinzu und machen Sie dann mit ihrer Anfrage weiter.
account-waiting-has-one = Eine App wartet auf Ihren Passkey.
account-go-on = Mit der Anfrage weitermachen
account-recovered = Sie sind angemeldet. Der Code, den Sie benutzt haben, ist verbraucht. Fügen Sie jetzt einen Passkey hinzu oder setzen Sie ein Passwort: Ohne beides brauchen Sie beim nächsten Mal wieder einen Code.
account-recovered-password = Sie sind angemeldet. Der Code, den Sie benutzt haben, ist verbraucht. Wenn Sie Ihr Passwort nicht mehr wissen, fügen Sie jetzt einen Passkey hinzu.
passkeys = Passkeys
passkeys-empty = Sie haben noch keinen Passkey. Damit melden Sie sich mit Fingerabdruck, Gesicht oder Geräte-PIN an, und keine falsche Seite kann ihn Ihnen ablisten.
passkey-name = Name des neuen Passkeys
passkey-new-name = Passkey vom { $day }
passkey-add = Passkey hinzufügen
passkey-added = Der Passkey ist hinzugefügt. Benutzen Sie ihn bei der nächsten Anmeldung.
passkey-removed = Der Passkey ist entfernt. Löschen Sie ihn auch auf Ihrem Gerät.
passkey-refused = Der Passkey ließ sich nicht hinzufügen. Es wurde nichts geändert; versuchen Sie es noch einmal oder mit einem anderen Gerät.
passkey-used = Hinzugefügt { $added }. Zuletzt benutzt { $used }.
passkey-unused = Hinzugefügt { $added }. Noch nicht benutzt.
passkey-remove = Entfernen
passkey-remove-named = Entfernen: Passkey { $name }
password-heading = Passwort
password-set = Zuletzt geändert: { $when }.
password-none = Sie haben kein Passwort. Solange Sie einen Passkey haben, brauchen Sie keins.
password-current = Bisheriges Passwort
password-new = Neues Passwort
password-hint = Auf die Länge kommt es an: Vier oder fünf Wörter, die nicht zusammengehören, sind gut.
password-save = Passwort speichern
password-changed = Ab jetzt gilt das neue Passwort.
password-wrong = Das bisherige Passwort ist falsch. Es wurde nichts geändert.
password-too-common = Das neue Passwort gehört zu denen, die jeder zuerst probiert, oder es gleicht Ihrem Anmeldenamen. Es wurde nichts geändert.
password-too-short = Das neue Passwort ist zu kurz. Es wurde nichts geändert; nehmen Sie mehr Wörter.
password-too-long = Das neue Passwort ist zu lang. Es wurde nichts geändert; nehmen Sie weniger Wörter.
codes-heading = Wiederherstellungs{ "\u00AD" }codes
codes-left = { $count ->
    [one] Sie haben noch einen Code. Erstellen Sie neue, bevor Sie ihn brauchen.
   *[other] Sie haben noch { $count } Codes. Jeder lässt Sie einmal hinein, wenn Passkey und Passwort verloren sind. Neue Codes ersetzen sie.
}
codes-none = Sie haben keine Codes. Erstellen Sie welche: Jeder lässt Sie einmal hinein, wenn Passkey und Passwort verloren sind.
codes-make = Neue Codes erstellen
codes-made = Neue Codes sind erstellt. Die alten gelten nicht mehr.
fresh-codes = Ihre neuen Wiederherstellungs{ "\u00AD" }codes
fresh-codes-words = Drucken Sie diese Seite oder schreiben Sie die Codes jetzt auf: Sie werden nur dieses eine Mal gezeigt. Bewahren Sie sie dort auf, wo niemand sonst nachsieht.
sessions-heading = Wo Sie angemeldet sind
session-this = Dieser Browser. Angemeldet { $started }.
session-other = Angemeldet { $started }. Zuletzt gesehen { $seen }.
session-end = Dort abmelden
session-end-named = Dort abmelden: { $name }
session-ended = Der Browser ist abgemeldet.
others-end = Überall sonst abmelden
others-ended = Alle anderen Browser sind abgemeldet.
last-way-in = Das ist Ihr letzter Zugang, deshalb bleibt er. Fügen Sie zuerst einen Passkey hinzu oder setzen Sie ein Passwort.
account-took-too-long = Diese Seite war zu lange offen. Es wurde nichts geändert; versuchen Sie es noch einmal.
account-busy = Das waren zu viele Versuche in kurzer Zeit. Es wurde nichts geändert; warten Sie eine Minute und versuchen Sie es dann noch einmal.
sign-in-first = Dafür müssen Sie sich frisch anmelden; es wurde nichts geändert. { $link }, dann wiederholen Sie es.
sign-in-first-link = Melden Sie sich noch einmal an

## Startseite

home-title = Wer für Sie handeln darf
home-ask = Wer bei { $tenant } für Sie handeln darf
home-words = Apps und KI-Agenten können hier im Namen von Menschen handeln, in Grenzen, die diese Menschen setzen. Hier sehen Sie, welche für Sie handeln, und stoppen sie.
home-agents = Ihre Agenten ansehen
home-account = Ihr Konto
home-details = Für alle, die Software anbinden

## Wenn etwas nicht stimmt

redirect-uri-title = Der Rückweg gehört nicht zu der App
redirect-uri-words = Der Link wollte Sie an eine Adresse schicken, die die App nicht eingetragen hat. Das kann ein Fehler der App sein oder ein Versuch, Ihren Zugang zu stehlen; deshalb haben wir hier angehalten. Gehen Sie zur App zurück und beginnen Sie von vorn; wenn es wieder geschieht, sagen Sie es denen, die sie herstellen.
client-unknown-title = Diese App kennen wir nicht
client-unknown-words = Der Link nennt eine App, die bei { $tenant } nicht oder nicht mehr eingetragen ist. Gehen Sie zur App zurück und verbinden Sie sie neu.
client-document-title = Die Beschreibung der App ist nicht brauchbar
client-document-words = Die App beschreibt sich in einem Dokument auf ihrem eigenen Server. Wir konnten es nicht lesen, oder es verletzt eine Regel; deshalb wissen wir nicht, wer fragt. Versuchen Sie es in ein paar Minuten noch einmal; wenn es wieder geschieht, sagen Sie es denen, die die App herstellen.
bad-request-title = Wir verstehen nicht, worum die App bittet
bad-request-words = Die Anfrage ist unvollständig oder verletzt eine Regel; deshalb wurde nichts erlaubt. Gehen Sie zur App zurück und beginnen Sie von vorn; wenn es wieder geschieht, zeigen Sie denen, die sie herstellen, die Einzelheiten unten.
expired-title = Diese Seite ist zu alt
expired-words = Sie war zu lange offen. Was sie gefragt hat, gilt nicht mehr, und es wurde nichts geändert. Gehen Sie dorthin zurück, woher Sie kamen, und beginnen Sie von vorn.
other-browser-title = Bitte beginnen Sie in diesem Browser von vorn
other-browser-words = Das wurde in einem anderen Browser begonnen, oder dieser Browser behält keine Cookies von uns. Erlauben Sie Cookies für diese Seite, gehen Sie dorthin zurück, woher Sie kamen, und machen Sie alle Schritte im selben Browser.
not-allowed-title = Das ist nicht erlaubt
not-allowed-words = Die Regeln von { $tenant } erlauben nicht, worum gebeten wurde. Wenn Sie es brauchen, fragen Sie die Verwaltung und nennen Sie die Vorgangsnummer unten.
already-answered-title = Das wurde schon beantwortet
already-answered-words = Dieselbe Frage wurde schon erlaubt oder abgelehnt, vielleicht durch einen zweiten Klick; es gilt die erste Antwort. Gehen Sie zur App zurück; wenn sie noch wartet, beginnen Sie dort von vorn.
not-found-title = Diese Seite gibt es nicht
not-found-words = Die Adresse ist vertippt, oder was hier stand, ist fort. Prüfen Sie die Adresse oder beginnen Sie auf der Startseite.
busy-title = Gerade ist zu viel los
busy-words = Wir konnten nicht rechtzeitig antworten. Warten Sie eine Minute und laden Sie die Seite dann neu.
our-fault-title = Bei uns ist etwas fehlgeschlagen
our-fault-words = Der Fehler liegt weder bei Ihnen noch bei der App. Versuchen Sie es in ein paar Minuten noch einmal; wenn es wieder geschieht, nennen Sie der Verwaltung von { $tenant } die Vorgangsnummer unten.
forged-title = Das kam nicht von unserer Seite
forged-words = Vielleicht wollte eine fremde Seite in Ihrem Namen handeln, oder Ihre Anmeldung hat sich geändert, seit die Seite offen ist. Es wurde nichts getan. Wenn Sie es wollten, öffnen Sie die Seite neu und wiederholen Sie es.
disabled-title = Das ist abgeschaltet
disabled-words = Die Verwaltung von { $tenant } hat dieses Konto oder diese App abgeschaltet. Wenn Sie das überrascht, fragen Sie dort nach und nennen Sie die Vorgangsnummer unten.
sign-out-unknown-title = Diese App konnte Sie nicht abmelden
sign-out-unknown-words = Der Link, der Sie hierher gebracht hat, verlangt etwas, das die App bei uns nicht eingetragen hat. Deshalb ist nichts geschehen: Wer hier angemeldet war, ist es noch. Abmelden können Sie sich hier selbst: { $link }.
leave-warning = Sie haben dieser App nichts erlaubt. Wenn Sie weitergehen, erfährt { $host }, dass die Anfrage gescheitert ist, und sonst nichts.
form-post-title = Zurück zur App
form-post-ask = Zurück zu { $host }
form-post-go = Weiter
leave-continue = Zurück zu { $host }
leave-no-way = Die App hat keine Adresse genannt, der man gefahrlos folgen kann. Schließen Sie dieses Fenster.
