# English. One message a key; `$places` are filled by the pages, names of strangers arrive cut and isolated.

## Around every page

skip = Skip to the content
nav = Your pages
nav-approvals = Requests
nav-agents = Agents
nav-account = Account
sign-out = Sign out
languages = Language
tenant-name = { $tenant }
nameless = (no name)
details = Details
reference = Reference:
home-link = Start page

## Moments and spans

moment = { $date } ({ $distance })
moment-date = { $day } { $month } { $year } { $time } UTC
moment-day = { $day } { $month } { $year }
month-01 = Jan
month-02 = Feb
month-03 = Mar
month-04 = Apr
month-05 = May
month-06 = Jun
month-07 = Jul
month-08 = Aug
month-09 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
in-moment = in less than a minute
in-minutes = { $count ->
    [one] in { $count } minute
   *[other] in { $count } minutes
}
in-hours = { $count ->
    [one] in { $count } hour
   *[other] in { $count } hours
}
in-days = { $count ->
    [one] in { $count } day
   *[other] in { $count } days
}
in-months = { $count ->
    [one] in { $count } month
   *[other] in { $count } months
}
in-years = { $count ->
    [one] in { $count } year
   *[other] in { $count } years
}
ago-moment = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
}
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
}
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
ago-months = { $count ->
    [one] { $count } month ago
   *[other] { $count } months ago
}
ago-years = { $count ->
    [one] { $count } year ago
   *[other] { $count } years ago
}
span-moment = less than a minute
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
span-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
span-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}

## Who asks

tier-registered = Registered by an administrator of { $tenant }
tier-document = Proved by the host { $host }
tier-unverified = Not verified by anyone. Any program can use this name.
claim-name = It calls itself “{ $app }”

## Signing in

sign-in-title = Sign in
sign-in-at = Sign in at { $tenant }
sign-in-for-app = Sign in to see what { $app } asks of you
sign-in-for-unverified = Sign in to see what an app asks of you
sign-in-passkey-for-app = { $app } asks for your passkey
sign-in-passkey-for-unverified = An app asks for your passkey
sign-in-button = Sign in
sign-in-passkey = Sign in with a passkey
or = or with a password
field-login = User name
field-password = Password
use-recovery-code = Use a recovery code
sign-in-credentials = User name or password is wrong. Check both and try again.
sign-in-passkey-refused = This passkey was not accepted. It may have been removed from your account. Try another one, or your password.
sign-in-recovery-code = This code is wrong or was used before. Each code works once: try the next one on your list.
sign-in-took-too-long = This page was open too long, so nothing was sent. Sign in once more.
sign-in-busy = Too many people are signing in at this moment. Try again in a few seconds.
sign-in-too-many-tries = There were too many tries in a short time. Wait a minute, then try again.
sign-in-stronger = A password or a recovery code is not enough here.
sign-in-again = The app wants to be sure that it is you. Sign in once more.
sign-in-fresh = Before anything about your ways to sign in can change, sign in once more.
no-passkey-title = You have no passkey?
no-passkey-words = You can add one to your account, and come back to this request from there.
no-passkey-answer-words = You can add one to your account, and come back to the question afterwards. You can say no without one.
no-passkey-add = Add a passkey
no-passkey-refuse-words = Or say that you cannot. You go back to { $host }, and nothing is allowed.
no-passkey-refuse = I cannot do this
sign-in-passkey-noscript = A passkey needs JavaScript, which is off in this browser.
passkey-waiting = Waiting for your passkey. Your device asks you now.
passkey-cancelled = The passkey was not used: the question was closed or took too long. You can try again.
passkey-failed = The passkey could not be used in this browser. Use your password, or another device.
passkey-known = This device has a passkey for your account already.
passkey-unsupported = This browser cannot make passkeys.
passkey-noscript = Adding a passkey needs JavaScript, which is off in this browser. Everything else here works without it.
recovery-title = Sign in with a recovery code
recovery-words = These codes are made under Account, or an administrator gave you one. Each works once.
field-code = Recovery code
recovery-button = Sign in with this code

## Signing out

sign-out-title = Sign out
sign-out-ask = Sign out of { $tenant }?
sign-out-words = This ends your session in this browser. Agents that can act for you keep what you allowed; stop them under { $link }.
sign-out-by-app = { $app } asks to have you signed out here.
sign-out-by-unverified = An app that calls itself “{ $app }” asks to have you signed out here.
sign-out-back-to = Afterwards you go back to { $host }.
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-words = Your session in this browser has ended. You can close this window.

## Consent

consent-title = Allow access?
consent-ask = { $app } wants to use { $place } for you
consent-ask-here = { $app } wants to act for you at { $place }
consent-ask-act = { $app } wants to { $act } at { $place }
consent-ask-who = { $app } wants to know who you are
consent-ask-unverified = An app that calls itself “{ $app }” wants to use { $place } for you
consent-ask-unverified-here = An app that calls itself “{ $app }” wants to act for you at { $place }
consent-ask-unverified-act = An app that calls itself “{ $app }” wants to { $act } at { $place }
consent-ask-unverified-who = An app that calls itself “{ $app }” wants to know who you are
consent-you-are = You are { $name } ({ $login })
consent-same = You allowed the same before, on { $when }
consent-first = It asks you for the first time.
consent-again = You allowed the very same on { $when }, and that still counts. It asks again: a second yes stands beside the first.
consent-changed = Something is different from what you allowed on { $when }:
changed-redirects = It sends you back to another place than before.
changed-keys = It proves itself with other keys than before.
changed-name = Its name was “{ $before }” before.
own-scope-profile = know your name and what you entered about yourself
own-scope-email = know your e-mail address
own-scope-openid = recognise you when you come back
own-scope-address = know your postal address
own-scope-phone = know your telephone number
own-claim-name = know your full name
own-claim-given-name = know your first name
own-claim-family-name = know your family name
own-claim-middle-name = know your middle name
own-claim-nickname = know your nickname
own-claim-preferred-username = know the name you like to be called by
own-claim-profile = know the address of your profile page
own-claim-picture = know your picture
own-claim-website = know your web site
own-claim-email = know your e-mail address
own-claim-email-verified = know whether your e-mail address was verified
own-claim-gender = know your gender
own-claim-birthdate = know your date of birth
own-claim-zoneinfo = know your time zone
own-claim-locale = know your language
own-claim-phone-number = know your telephone number
own-claim-phone-number-verified = know whether your telephone number was verified
own-claim-address = know your postal address
own-claim-updated-at = know when you last changed what you entered
changed-description = Its description has changed since then.
changed-more = It asks for something that you have not allowed it before.
consent-able = It would be able to
leave-out = leave this out
particular-missing = [{ $path }: not said]
particular-letters = (in letters of another alphabet)
particular-adds = The app adds, in its own words:
member-actions = actions
member-datatypes = data
member-identifier = identifier
member-locations = places
member-privileges = privileges
member-purpose = purpose
detail-authorization-details = Exactly asked
consent-decided = Allowed by your organisation already
consent-forbidden = Your organisation does not allow
consent-nothing = Nothing beyond being connected to { $place }.
consent-back-to = Afterwards you go back to { $host }.
consent-repeats = What you allow can be used more than once until it ends; { $place } decides how often.
consent-ends = It ends by itself after { $span }. You can stop it at any time under { $link }.
consent-this-computer = The answer goes to a program on this computer, and any program here can pretend to be this app. Allow only what you started yourself just now.
deny = Deny
allow = Allow
allow-act = Allow: { $act }

## Approvals

approvals-title = Requests that wait for you
approvals-words = Each of these ends by itself, with “no” for an answer, when its time is over.
approvals-empty = No request waits for you. When an app or agent asks for something that you decide, it shows here.
approvals-answered = Answered lately
approvals-device = A device shows you a code? Type it here
approval-asked = Asked
approval-ends = Ends
approval-look = Look at it
approval-look-named = Look at what { $app } asks
approval-more = { $count ->
    [one] and one thing more
   *[other] and { $count } things more
}
approval-title = Your answer
approval-ask-device = { $app } on another device wants to act for you at { $place }
approval-ask-device-unverified = An app on another device that calls itself “{ $app }” wants to act for you at { $place }
approval-ask-device-who = { $app } on another device wants to know who you are
approval-ask-device-unverified-who = An app on another device that calls itself “{ $app }” wants to know who you are
approval-ask-device-act = { $app } on another device wants to { $act } at { $place }
approval-ask-device-unverified-act = An app on another device that calls itself “{ $app }” wants to { $act } at { $place }
approval-ask-machine = { $app } wants to act by itself at { $place }
approval-ask-machine-unverified = A machine that calls itself “{ $app }” wants to act by itself at { $place }
approval-ask-machine-act = { $app } wants to { $act } at { $place }, by itself
approval-ask-machine-unverified-act = A machine that calls itself “{ $app }” wants to { $act } at { $place }, by itself
approval-ask-more = { $app } wants to do more for you at { $place }
approval-ask-more-unverified = An app that calls itself “{ $app }” wants to do more for you at { $place }
approval-ask-more-who = { $app } wants to know more about you
approval-ask-more-unverified-who = An app that calls itself “{ $app }” wants to know more about you
approval-ask-question = { $app } asks whether { $subject } may do “{ $action }” with { $resource }
approval-ask-question-unverified = A program that calls itself “{ $app }” asks whether { $subject } may do “{ $action }” with { $resource }
approval-exactly = Exactly this
approval-lasts-question = Your yes counts for exactly this, and ends by itself after { $span }.
approval-approved-question = The answer was yes, for exactly this. It ends by itself.
approval-over-question = The answer was yes. Its time is over.
approval-says = { $app } says: “{ $words }”
approval-started = It asked on { $when }.
approval-started-anywhere = It asked on { $when }. From where is not known.
approval-started-from = It asked on { $when }, from the address { $from }.
approval-device-warning = Allow this only if you started it yourself, and the code is on a device in front of you. Nobody who wants to help you needs your yes.
approval-quorum = { $yes } of { $needed } said yes. Members of { $group } are asked.
approval-ends-with-no = Without an answer it ends with “no” on { $when }.
approval-once = Your yes is for this one time. The next time it asks again.
approval-lasts-machine = What you allow ends by itself after { $span }. An administrator can stop it at any time.
approval-afterwards-device = Afterwards you go back to your device, and it goes on by itself.
approval-by-passkey = Your yes is signed with your passkey, for exactly what stands here. You can say no without it.
approval-allow-by-passkey = Allow with your passkey
approval-yes-unsigned = Nothing was allowed: this passkey did not sign it. Try again, with a passkey of your account.
approval-took-too-long = Nothing was allowed: the page was open for too long. Look at it again.
approval-too-late = Your “no” came too late: it was answered before. What was allowed can be stopped by an administrator, or under Agents if it acts for you.
approval-passkey-failed = The passkey could not be used in this browser. Answer on another device, or say no.
approval-passkey-unsupported = This browser cannot use passkeys. Answer on another device, or say no.
approval-no-only = Your organisation does not allow this, so the only answer is no.
approval-others-only = This is about yourself, so somebody else must say yes. You can say no.
approval-enough-of-yours = Enough people of your group said yes; those of the others must answer now. You can say no.
approval-others-must = You said yes. It waits for others now.
approval-approved = The answer was yes. It gets what you allowed when it asks the next time.
approval-approved-device = You said yes. Go back to your device: it goes on by itself within a few seconds.
approval-fetched = The answer was yes, and it has what was allowed.
approval-denied = The answer was no.
approval-cancelled = It was taken back. Nothing was allowed.
approval-expired = Nobody answered in time, or nobody fetched the answer. Nothing was allowed.
device-title = Connect a device
device-words = Type the code that your device shows. You see who asks for what before anything is allowed.
device-code = Code
device-go = Continue
device-unknown = No device waits under this code. It may be mistyped, or too old: your device can show you a new one.
device-too-many-tries = There were too many tries in a short time. Wait a minute, then try again.

## Details

detail-client-id = App (client_id)
detail-client-name = Name it gives itself (client_name)
detail-redirect-uri = Way back (redirect_uri)
detail-resource = Place (resource)
detail-scope = Scopes (scope)
detail-approval = Question (id)
detail-door = How it was asked
detail-payload-hash = Hash of what is asked
detail-metadata-hash = Hash of what the app says of itself
detail-issuer = Issuer
detail-code = Error code
detail-said = Cause
detail-more = More

## Agents

agents-title = Agents that can act for you
agents-words = Each of these can do what stands below it, also while you are away, until its time ends or you stop it.
agents-empty = Nothing can act for you. When you allow an app or agent something, it shows here, and here you can stop it.
agents-stopped = Stopped. It can no longer act for you there.
agents-stopped-all = All stopped. Nothing can act for you any more.
agents-reduced = Done. It may do less than before.
stop-all = Stop all
stop-all-words = This stops every agent at once, also in the middle of what it does. To use one again, you have to allow it again.
stop-all-yes = Yes, stop all agents
stop-agent = Stop this agent
stop-agent-named = Stop this agent: { $app }
change-grant = Change
change-grant-named = Change this: { $app } at { $place }
agents-given = Done. When the app next asks for this, it need not ask you.
give-link = Allow an app something
give-title = Allow an app something
give-words = You can say yes before an app asks. Here are the apps and places that your organisation registered.
give-empty = Your organisation registered no app or no place that you could pick. What other apps may do, you say when they ask.
give-app = Which app
give-place = Where
give-next = Go on
give-leave = Change nothing
give-ask = What may { $app } do for you at { $place }?
give-what = It may
give-last-day = The last day it may do this (leave it empty for the usual time)
give-standing = The next time it asks for this, it gets it without asking you.
give-now = Allow this
give-nothing = Nothing was allowed, because nothing was picked. Pick what it may do.
give-day = Nothing was allowed: the day lies in the past, or is none. Pick another day.
give-passkey = Your organisation wants a passkey for this. Sign out, sign in with your passkey, and allow it within two minutes.
give-forbidden = Nothing was allowed: your organisation does not let you give this, or not all of it. Pick less, or ask an administrator.
grant-title = What an agent may do
grant-ask = What { $app } may do for you at { $place }
grant-reduced = Done. It may do less than before; what is left stands here.
grant-more = Nothing was changed. Here you can only take away: a limit only gets lower and an end only comes sooner. To allow more, let the app ask you again.
grant-nothing-left = Nothing was changed, because nothing would be left. To end all of it, stop it at the list of your agents.
grant-only-connected = It is connected, and knows who you are there.
take-away = Take away
grant-limits = Limits: { $name }
grant-limit-day = At most so many times a day
grant-limit-all = At most so many times in all
grant-limit-amount = At most so much a day
grant-limit-amount-of = At most so much a day, in { $currency }
grant-limit-currency = In which currency, as in EUR
grant-last-day = The last day it may do this (leave it empty to keep the end)
grant-change-words = What you take away is gone at once, also where something is under way. You cannot give it back here: the app asks you again.
grant-leave = Leave it as it is
grant-reduce = Allow less
grant-document = The whole permission as one document (JSON)
stop-grant = Stop this
stop-grant-named = Stop this: { $app } at { $place }
grant-heading = At { $place } it may
grant-heading-who = It may
grant-heading-bare = It is connected to { $place }
grant-given = Allowed
grant-given-by-you = by you, { $when }
grant-given-by-organisation = by your organisation, { $when }
grant-used = Last used
grant-used-never = never
grant-until = Ends
grant-until-stopped = when you stop it
live-sessions = { $count ->
    [one] One connection can act now
   *[other] { $count } connections can act now
}
live-sessions-who = { $count ->
    [one] One connection can ask now
   *[other] { $count } connections can ask now
}
live-nothing = No connection now, but what you allowed stands

## Account

account-title = Your account
account-words = You are signed in as { $name } ({ $login }).
account-waiting = An app waits for a passkey of yours. Add one here, then go on with what it asks.
account-waiting-has-one = An app waits for your passkey.
account-go-on = Go on with what it asks
account-recovered = You are signed in. The code that you used is used up. Add a passkey or set a password now: without one of them you need another code next time.
account-recovered-password = You are signed in. The code that you used is used up. If you no longer know your password, add a passkey now.
passkeys = Passkeys
passkeys-empty = You have no passkey yet. With one, you sign in by fingerprint, face or device PIN, and no false page can trick it out of you.
passkey-name = Name of the new passkey
passkey-new-name = Passkey of { $day }
passkey-add = Add a passkey
passkey-added = The passkey is added. Use it the next time you sign in.
passkey-removed = The passkey is removed. Delete it on your device, too.
passkey-refused = The passkey could not be added. Nothing was changed; try again, or use another device.
passkey-used = Added { $added }. Last used { $used }.
passkey-unused = Added { $added }. Not used yet.
passkey-remove = Remove
passkey-remove-named = Remove passkey: { $name }
password-heading = Password
password-set = Last changed { $when }.
password-none = You have no password. You do not need one while you have a passkey.
password-current = Current password
password-new = New password
password-hint = Length is what counts: four or five words that do not belong together are good.
password-save = Save password
password-changed = The new password holds from now on.
password-wrong = The current password is wrong. Nothing was changed.
password-too-common = The new password is one of those that everybody tries first, or the same as your login. Nothing was changed.
password-too-short = The new password is too short. Nothing was changed; take more words.
password-too-long = The new password is too long. Nothing was changed; take fewer words.
codes-heading = Recovery codes
codes-left = { $count ->
    [one] You have one code left. Make new ones before you need it.
   *[other] You have { $count } codes left. Each lets you in once when you have lost your passkey and password. New codes replace them.
}
codes-none = You have no codes. Make some: each lets you in once when you have lost your passkey and password.
codes-make = Make new codes
codes-made = New codes are made. The old ones no longer work.
fresh-codes = Your new recovery codes
fresh-codes-words = Print this page or write the codes down now: they are shown this one time. Keep them where nobody else looks.
sessions-heading = Where you are signed in
session-this = This browser. Signed in { $started }.
session-other = Signed in { $started }. Last seen { $seen }.
session-end = Sign out there
session-end-named = Sign out there: { $name }
session-ended = That browser is signed out.
others-end = Sign out everywhere else
others-ended = Every other browser is signed out.
last-way-in = This is your last way in, so it stays. Add a passkey or set a password first.
account-took-too-long = This page was open too long. Nothing was changed; try again.
account-busy = There were too many tries in a short time. Nothing was changed; wait a minute, then try again.
sign-in-first = This needs a fresh sign-in, and nothing was changed. { $link }, then repeat it.
sign-in-first-link = Sign in once more

## Home

home-title = Who may act for you
home-ask = Who may act for you at { $tenant }
home-words = Apps and AI agents can do things here in the name of people, within limits that people set. Here you see which ones act for you, and stop them.
home-agents = See your agents
home-account = Your account
home-details = For those who connect software

## When something is wrong

redirect-uri-title = The way back does not belong to the app
redirect-uri-words = The link asked to send you to an address that the app has not registered. It may be a mistake in the app, or an attempt to steal your access, so we stopped here. Go back to the app and start again; if it happens again, tell those who make it.
client-unknown-title = We do not know this app
client-unknown-words = The link names an app that is not registered at { $tenant }, or no longer is. Go back to the app and connect it anew.
client-document-title = The app's description cannot be used
client-document-words = The app describes itself in a document on its own server. We could not read that document, or it breaks a rule, so we cannot tell who asks. Try again in a few minutes; if it happens again, tell those who make the app.
bad-request-title = We cannot understand what the app asks
bad-request-words = The request is incomplete or breaks a rule, so nothing was allowed. Go back to the app and start again; if it happens again, show those who make it the details below.
expired-title = This page is too old
expired-words = It was open too long, so what it asked no longer counts, and nothing was changed. Go back to where you came from and start again.
other-browser-title = Please start again in this browser
other-browser-words = This was started in another browser, or this browser keeps no cookies from us. Allow cookies for this site, go back to where you came from, and do all steps in the same browser.
not-allowed-title = This is not allowed
not-allowed-words = The rules of { $tenant } do not allow what was asked. If you need it, ask an administrator and name the reference below.
already-answered-title = This was answered before
already-answered-words = The same question was allowed or denied already, perhaps by a second click, and the first answer counts. Go back to the app; if it still waits, start again there.
not-found-title = There is no such page
not-found-words = The address is mistyped, or what stood here is gone. Check the address, or begin at the start page.
busy-title = Too much is going on right now
busy-words = We could not answer in time. Wait a minute, then load the page again.
our-fault-title = Something failed on our side
our-fault-words = The fault is neither yours nor the app's. Try again in a few minutes; if it happens again, give an administrator of { $tenant } the reference below.
forged-title = This did not come from our page
forged-words = Another site may have tried to act in your name, or your sign-in has changed since the page was opened. Nothing was done. If you meant it, open the page again and repeat it.
disabled-title = This is switched off
disabled-words = An administrator of { $tenant } has switched off this account or this app. If that surprises you, ask them and name the reference below.
sign-out-unknown-title = This app could not sign you out
sign-out-unknown-words = The link that brought you here asks for something that the app has not registered with us, so nothing happened: whoever was signed in here still is. You can sign out here yourself: { $link }.
leave-warning = You have allowed this app nothing. If you go on, { $host } learns that its request failed, and nothing else.
form-post-title = Back to the app
form-post-ask = Going back to { $host }
form-post-go = Continue
leave-continue = Go back to { $host }
leave-no-way = The app gave no address that is safe to follow. Close this window.
