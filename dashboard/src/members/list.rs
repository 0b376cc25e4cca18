//! The list of members.

use api_types::tenancy::{ChangeMemberRequest, Member, Role};
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::invitations::Invitations;
use super::invite::InviteDialog;
use super::level::{Level, title};
use crate::session::use_session;
use crate::ui::button::{Button, Variant};
use crate::ui::dialog::ConfirmDialog;
use crate::ui::icon;
use crate::ui::load::{load, loaded, rows};
use crate::ui::page::Section;
use crate::ui::time::Ago;
use crate::ui::toast::use_toasts;

/// What is asked about a member before it is done.
#[derive(Clone, PartialEq)]
enum Question {
    Suspend(Member),
    Remove(Member),
    Leave(Member),
}

/// The members, and for admins the invitations that are open.
#[component]
pub fn People(level: Level) -> impl IntoView {
    let session = use_session();
    let members = load(move || level.members());
    let me = session.identity().map(|identity| identity.user.id);
    let own_role = Memo::new(move |_| {
        let found = members.get()?;
        let own = found.iter().find(|member| Some(member.user_id) == me)?;
        Some(own.role)
    });
    // An organization always has an owner, so the last one can't leave it.
    let is_only_owner = move || {
        let owners = members.get().unwrap_or_default().into_iter();
        let owners = owners.filter(|member| member.role == Role::Owner && !member.is_suspended);
        level == Level::Organization && own_role.get() == Some(Role::Owner) && owners.count() == 1
    };
    let is_admin = Memo::new(move |_| own_role.get().is_some_and(|role| role >= Role::Admin));
    let inviting = RwSignal::new(false);
    // Grows with each new invitation, so that the list below is read again.
    let invited = RwSignal::new(0_u32);
    let question = RwSignal::new(None::<Question>);
    let invite = view! {
        <Show when=move || is_admin.get()>
            <Button variant=Variant::Primary small=true icon=icon::PLUS on_click=move || inviting.set(true)>
                {tr!("Invite")}
            </Button>
        </Show>
    };
    let row = move |member| {
        view! {
            <Row
                level=level
                member=member
                me=me
                own=own_role
                may_leave=!is_only_owner()
                on_changed=move || members.reload()
                ask=move |asked| question.set(Some(asked))
            />
        }
    };
    let list = move |found: RwSignal<Vec<Member>>| {
        view! {
            <ul class="-my-3 divide-y divide-base-300" aria-label=tr!("Members")>
                {move || found.get().into_iter().map(row).collect_view()}
            </ul>
        }
    };
    view! {
        <Section
            title=tr!("Members")
            subtitle=level.pick(tr!("A role in the workspace counts at once."), tr!("A role in the organization counts at once."))
            actions=invite.into_any()
        >
            {loaded(members, rows, list)}
        </Section>
        <Show when=move || is_admin.get()>
            <Invitations level=level invited=invited />
        </Show>
        <InviteDialog
            level=level
            open=inviting
            own=Signal::derive(move || own_role.get().unwrap_or(Role::Viewer))
            on_invited=move || invited.update(|count| *count += 1)
        />
        <Confirm level=level question=question on_done=move || members.reload() />
    }
}

#[component]
fn Row(
    level: Level,
    member: Member,
    me: Option<Uuid>,
    own: Memo<Option<Role>>,
    may_leave: bool,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
    ask: impl Fn(Question) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let is_me = Some(member.user_id) == me;
    let own = own.get_untracked().unwrap_or(Role::Viewer);
    let may_change = own >= Role::Admin && member.role <= own;
    let is_guest = level == Level::Workspace && member.organization_role.is_none();
    let may_go = level == Level::Organization || is_guest;
    let standing = match (level, member.organization_role) {
        (Level::Workspace, None) => Some(tr!("Guest").to_owned()),
        (Level::Workspace, Some(role)) => Some(tr!("{} in the organization", title(role))),
        (Level::Organization, _) => None,
    };
    let member = StoredValue::new(member);
    let role = if may_change {
        view! { <RoleSelect level=level member=member.get_value() own=own on_changed=on_changed /> }
            .into_any()
    } else {
        view! { <span class="font-medium">{title(member.with_value(|m| m.role))}</span> }.into_any()
    };
    let suspend = (may_change && !is_me).then(|| {
        if member.with_value(|m| m.is_suspended) {
            view! { <LetIn level=level member=member.get_value() on_changed=on_changed /> }.into_any()
        } else {
            view! {
                <Button small=true on_click=move || ask(Question::Suspend(member.get_value()))>{tr!("Suspend")}</Button>
            }
            .into_any()
        }
    });
    let go = may_go.then(|| {
        if is_me && !may_leave {
            ().into_any()
        } else if is_me {
            view! {
                <Button small=true on_click=move || ask(Question::Leave(member.get_value()))>{tr!("Leave")}</Button>
            }
            .into_any()
        } else if may_change {
            view! {
                <Button small=true on_click=move || ask(Question::Remove(member.get_value()))>{tr!("Remove")}</Button>
            }
            .into_any()
        } else {
            ().into_any()
        }
    });
    let shown = member.get_value();
    view! {
        <li class="flex flex-wrap items-center gap-x-3 gap-y-2 py-3" data-testid="member">
            <div class="min-w-0 grow basis-52">
                <p class="flex flex-wrap items-center gap-2">
                    <span class="truncate font-medium" dir="auto">
                        {shown.name}
                    </span>
                    {is_me.then(|| view! { <span class="badge badge-sm badge-ghost">{tr!("You")}</span> })}
                    {shown
                        .is_suspended
                        .then(|| view! { <span class="badge badge-sm badge-warning badge-soft">{tr!("Suspended")}</span> })}
                </p>
                <p class="muted flex flex-wrap gap-x-3 text-xs">
                    <span class="truncate">{shown.email}</span>
                    {standing}
                    <span>{tr!("since ")} <Ago at=shown.joined_at /></span>
                </p>
            </div>
            <div class="flex flex-wrap items-center gap-2">{role} {suspend} {go}</div>
        </li>
    }
}

/// Changes a role as soon as another one is chosen.
#[component]
fn RoleSelect(
    level: Level,
    member: Member,
    own: Role,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let select = NodeRef::<html::Select>::new();
    let current = member.role;
    // A lower role here than in the organization would change nothing.
    let least = match level {
        Level::Workspace => member.organization_role.unwrap_or(Role::Viewer),
        Level::Organization => Role::Viewer,
    };
    let label = tr!("Role of {}", member.name);
    let (user_id, name) = (member.user_id, StoredValue::new(member.name));
    let change = move |event| {
        let Ok(role) = event_target_value(&event).parse::<Role>() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let request = ChangeMemberRequest {
                role: Some(role),
                is_suspended: None,
            };
            match session.send(&level.change(user_id, &request)).await {
                Ok(changed) if changed.role > role => toasts.say(tr!(
                    "{} stays {} here, as they are in the organization.",
                    name.get_value(),
                    title(changed.role)
                )),
                Ok(_) => toasts.say(tr!("{} is {} now.", name.get_value(), title(role))),
                Err(error) => {
                    toasts.fail(&error);
                    if let Some(select) = select.get_untracked() {
                        select.set_value(current.as_str());
                    }
                }
            }
            busy.set(false);
            on_changed();
        });
    };
    let option = |role: Role| {
        view! {
            <option value=role.as_str() selected=role == current>
                {title(role)}
            </option>
        }
    };
    let offered = [Role::Viewer, Role::Editor, Role::Admin, Role::Owner]
        .into_iter()
        .filter(move |role| (least..=own).contains(role));
    view! {
        <select
            node_ref=select
            class="select select-sm w-28"
            aria-label=label
            disabled=move || busy.get()
            on:change=change
        >
            {offered.map(option).collect_view()}
        </select>
    }
}

#[component]
fn LetIn(
    level: Level,
    member: Member,
    on_changed: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let let_in = move || {
        busy.set(true);
        let user_id = member.user_id;
        spawn_local(async move {
            let request = ChangeMemberRequest {
                role: None,
                is_suspended: Some(false),
            };
            if let Err(error) = session.send(&level.change(user_id, &request)).await {
                toasts.fail(&error);
            }
            busy.set(false);
            on_changed();
        });
    };
    view! {
        <Button small=true busy=busy on_click=let_in>
            {tr!("Let in again")}
        </Button>
    }
}

/// Asks before somebody is kept out.
#[component]
fn Confirm(
    level: Level,
    question: RwSignal<Option<Question>>,
    on_done: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let session = use_session();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if question.with(Option::is_some) {
            open.set(true);
        }
    });
    let heading = move || match question.get() {
        Some(Question::Suspend(member)) => tr!("Suspend {}?", member.name),
        Some(Question::Remove(member)) => tr!("Remove {}?", member.name),
        Some(Question::Leave(_)) => level
            .pick(tr!("Leave this workspace?"), tr!("Leave this organization?"))
            .to_owned(),
        None => String::new(),
    };
    let action = move || match question.get() {
        Some(Question::Suspend(_)) => tr!("Suspend"),
        Some(Question::Remove(_)) => tr!("Remove"),
        Some(Question::Leave(_)) | None => tr!("Leave"),
    };
    let text = move || {
        match question.get() {
        Some(Question::Suspend(_)) => level.pick(tr!("They are kept out of the workspace at once, keys they made stop working and invitations they sent are taken \
 back. What they made stays. You can let them in again."), tr!("They are kept out of the organization at once, keys they made stop working and invitations they sent are taken \
 back. What they made stays. You can let them in again.")),
        Some(Question::Remove(_)) => level.pick(tr!("They can't enter the workspace any more, and invitations they sent are taken back. What they made stays, keys \
 included: delete those under Settings if they know them."), tr!("They can't enter the organization any more, and invitations they sent are taken back. What they made stays, keys \
 included: delete those under Settings if they know them.")),
        Some(Question::Leave(_)) => {
            level.pick(tr!("You can't enter the workspace any more until you are invited again."), tr!("You can't enter the organization any more until you are invited again."))
        }
        None => "",
    }
    };
    let confirm = async move || {
        let request = ChangeMemberRequest {
            role: None,
            is_suspended: Some(true),
        };
        match question.get_untracked() {
            Some(Question::Suspend(member)) => {
                session.send(&level.change(member.user_id, &request)).await?;
            }
            Some(Question::Remove(member)) => session.send(&level.remove(member.user_id)).await?,
            Some(Question::Leave(member)) => {
                session.send(&level.remove(member.user_id)).await?;
                session.restore();
                return Ok(());
            }
            None => {}
        }
        on_done();
        Ok(())
    };
    view! {
        <ConfirmDialog
            open=open
            title=Signal::derive(heading)
            action=Signal::derive(move || action().to_owned())
            on_confirm=confirm
        >
            <p>{text}</p>
        </ConfirmDialog>
    }
}
